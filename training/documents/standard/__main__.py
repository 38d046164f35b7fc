"""Write the standard templates."""

from .papers import write_all

if __name__ == "__main__":
    for path in write_all():
        print(path.name, path.stat().st_size)
