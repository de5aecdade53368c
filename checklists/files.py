"""Files of checklists: what was issued, what customers sent, logos, evidence."""

from advisories.stored_files import FileChanged, Folder

__all__ = ["FileChanged", "path_of", "read", "store"]

_folder = Folder("issued")
path_of, store, read = _folder.path_of, _folder.store, _folder.read
