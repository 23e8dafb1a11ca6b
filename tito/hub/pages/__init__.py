"""Server-rendered pages: what a TA, an instructor and a student look at.

A page is a function that reads (`views/`), a template that shows what it returned, and an entry in `site.PAGES`. The
same data comes as JSON. A change is a function that calls one service (`changes/`), and an entry in `site.ACTIONS`.
"""
