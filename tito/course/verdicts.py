"""What can become of one test: the verdicts, each with a title and a sentence for the student."""

from __future__ import annotations

from enum import Enum


class Verdict(str, Enum):
    """The end of one test. The value is what is stored and exported; it never changes meaning."""

    PASSED = "passed"
    FAILED = "failed"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    OUTPUT_LIMIT = "output limit"
    CRASHED = "crashed"
    PROTOCOL_VIOLATION = "protocol violation"
    MISSING = "missing"
    PLATFORM_FAULT = "platform fault"

    @property
    def title(self) -> str:  # type: ignore[override]  # a property beside str.title(), which nobody calls
        """A word or two for a table."""
        return self.value

    @property
    def explanation(self) -> str:
        """One sentence that tells a student what happened."""
        return _EXPLANATIONS[self]

    @property
    def is_students(self) -> bool:
        """Whether the student's program caused it; a platform fault is ours and is never scored."""
        return self is not Verdict.PLATFORM_FAULT


_EXPLANATIONS: dict[Verdict, str] = {
    Verdict.PASSED: "Your code did what was asked.",
    Verdict.FAILED: "Your code ran, but its answer differs from the expected one.",
    Verdict.RAISED: "Your code raised an exception where an answer was expected.",
    Verdict.TIMED_OUT: "Your code did not answer within the time limit.",
    Verdict.OUT_OF_MEMORY: "Your code asked for more memory than the limit allows.",
    Verdict.OUTPUT_LIMIT: "Your code printed more than the limit allows.",
    Verdict.CRASHED: "The Python process that ran your code ended without an answer.",
    Verdict.PROTOCOL_VIOLATION: "The process that ran your code sent something that is not an answer.",
    Verdict.MISSING: "A name that this test needs is not defined yet.",
    Verdict.PLATFORM_FAULT: "The grader itself failed; it will be tried again and costs you nothing.",
}
