"""The JupyterHub service: what students' servers and browsers talk to, and the process that grades what they submit."""
