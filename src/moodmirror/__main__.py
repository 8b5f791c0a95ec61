"""``python -m moodmirror`` is the command line."""

from moodmirror.cli.main import main

if __name__ == "__main__":
    main()
