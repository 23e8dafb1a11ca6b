"""`python -m tito` is `tito`."""

from tito.cli.main import main

if __name__ == "__main__":
    main()
