"""`python3 -m suite MODE`: the entry of script/bench."""
import sys

from suite import command_line

if __name__ == "__main__":
    sys.exit(command_line.main(sys.argv[1:]))
