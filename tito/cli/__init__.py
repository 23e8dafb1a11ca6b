"""The command line `tito`: thin commands, one file per noun; each reads its arguments and calls one service."""
