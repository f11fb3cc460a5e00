# Runs inside a user's server on an open hub (singleuser.cmd), with the server's arguments.
#
# Images have no jupyterhub-singleuser, so the server is JupyterLab where the image has version 3
# or newer, and the classic notebook otherwise. Any Python 3 of any image has to run this.
import os
import sys


def server():
    try:
        import jupyterlab
    except Exception as problem:
        print("JupyterLab cannot be used: %s" % problem, file=sys.stderr)
        return "jupyter-notebook"
    try:
        major = int(jupyterlab.__version__.split(".", 1)[0])
    except (AttributeError, ValueError):
        return "jupyter-notebook"
    return "jupyter-lab" if major >= 3 else "jupyter-notebook"


program = server()
print("Starting " + program, file=sys.stderr)
os.execvp(program, [program] + sys.argv[1:])
