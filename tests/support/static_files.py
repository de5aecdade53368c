"""WhiteNoise lists all static files once in the life of a server. A test client is a server of its
own, so without this every test would list them anew."""

from whitenoise.base import WhiteNoise


def list_once() -> None:
    """From the first list of a folder on, every other client of this process is given the same."""
    lists: dict[tuple[str, str], dict] = {}
    read = WhiteNoise.update_files_dictionary

    def update_files_dictionary(self: WhiteNoise, root: str, prefix: str) -> None:
        if (root, prefix) not in lists:
            mine, self.files = self.files, {}
            read(self, root, prefix)
            lists[root, prefix], self.files = self.files, mine
        self.files.update(lists[root, prefix])

    WhiteNoise.update_files_dictionary = update_files_dictionary
