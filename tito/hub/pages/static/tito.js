// Every page works without this file. What it adds: a link to a test opens it, and keys for grading. Filters wait for their button:
// where an arrow key changes a closed list, each press would be another page (WCAG 2.2, 3.2.2).
const openTarget = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.matches("details")) target.open = true;
};
window.addEventListener("hashchange", openTarget);
openTarget();

// Grading written answers: single keys, which can be switched off (WCAG 2.2, 2.1.4) and are never taken while typing.
const keys = document.getElementById("keys");
if (keys) {
  keys.closest("[hidden]").hidden = false;
  keys.checked = localStorage.getItem("tito-keys") !== "off";
  keys.addEventListener("change", () => localStorage.setItem("tito-keys", keys.checked ? "on" : "off"));
  const points = document.querySelector("form.score input[name=points]");
  const bands = [...document.querySelectorAll("[data-band]")];
  for (const band of bands) {
    band.addEventListener("change", () => { points.value = band.dataset.most; });
  }
  points?.addEventListener("input", () => {
    const fits = (band) => Number(band.dataset.least) <= Number(points.value) && Number(points.value) <= Number(band.dataset.most);
    for (const band of bands) band.checked = points.value !== "" && fits(band);
  });
  const chooseBand = (band) => {
    const given = Number(points.value);
    const less = band.checked && given - 1 >= Number(band.dataset.least) && given <= Number(band.dataset.most);
    points.value = less ? String(given - 1) : band.dataset.most;
    band.checked = true;
    band.focus();
  };
  const save = () => document.querySelector("form.score")?.requestSubmit(document.querySelector("button[value=next]"));
  document.addEventListener("keydown", (event) => {
    if (!keys.checked || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      if (event.key === "Enter") save();
      return;
    }
    if (event.key === "Escape") document.activeElement.blur();
    if (event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])")) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (digit) {
      const chosen = document.querySelector(event.shiftKey ? `[data-comment="${digit}"]` : `[data-band="${digit}"]`);
      if (!chosen) return;
      if (event.shiftKey) chosen.click(); else chooseBand(chosen);
      event.preventDefault();
    } else if (event.key === "c") {
      document.querySelector("form.score textarea")?.focus();
      event.preventDefault();
    } else if (/^[a-z]$/.test(event.key)) {
      document.querySelector(`[data-key="${event.key}"]`)?.click();
    }
  });
}
