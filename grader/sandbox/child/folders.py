"""Private folders where no mount can be made: made, watched and removed by whoever forks.

What is in such a folder was put there by hostile code that is still running (when it is
watched) or has ended (when it is removed). Links are never followed, and nothing recurses.
"""

from __future__ import annotations

import os
import stat

MAX_ENTRIES = 4096
BLOCK = 512


def make_folder(path: str, user: int) -> None:
    """A folder that only this user can enter; 0 leaves it to the caller's own."""
    os.mkdir(path, 0o700)
    if user:
        os.chown(path, user, user)


def is_overfull(path: str, most_mib: int) -> bool:
    """Whether there is more in it than the mounted folder of the full tier would take."""
    waiting, entries, size = [path], 0, 0
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    if entries > MAX_ENTRIES:
                        return True
                    status = entry.stat(follow_symlinks=False)
                    size += status.st_blocks * BLOCK
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append(entry.path)
        except (FileNotFoundError, PermissionError):
            # Gone in the meantime, or shut even to its maker: then nothing is in it.
            continue
        except OSError:
            # A path too long to be followed is no honest one.
            return True
        if size > most_mib << 20:
            return True
    return False


def remove_folder(path: str) -> None:
    """Remove a folder whose makers have ended, however deep it is and whatever its modes are.

    Folders inside move up to the top one by one, so no path ever gets long.
    """
    try:
        top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        while True:
            folders = _remove_files(top)
            if not folders:
                break
            for name in folders:
                os.chmod(name, 0o700, dir_fd=top)
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
                try:
                    for inner in _remove_files(below):
                        os.chmod(inner, 0o700, dir_fd=below)
                        # A name that nobody can have taken.
                        free = os.urandom(16).hex()
                        os.rename(inner, free, src_dir_fd=below, dst_dir_fd=top)
                finally:
                    os.close(below)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(path)


def _remove_files(folder: int) -> list[str]:
    """Unlink everything but folders; the names of those."""
    folders = []
    with os.scandir(folder) as found:
        names = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]
    for name, is_folder in names:
        if is_folder:
            folders.append(name)
        else:
            os.unlink(name, dir_fd=folder)
    return folders
