"""Files on their way in: what is too long is refused before it is read, and never fills the disk."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse

from luohu.errors import too_large

LONGEST_NAME = 200


class BoundedUpload(TemporaryFileUploadHandler):
    """Streams each file to disk and stops writing past UPLOAD_MAX_FILE; its ``size`` still tells the truth.

    So a form can say which of several files is too large.
    """

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """Begin a file; a name as long as a page would be too long for the disk."""
        suffix = PurePosixPath(file_name).suffix[:10]
        if len(file_name) > LONGEST_NAME:
            file_name = file_name[: LONGEST_NAME // 2] + suffix
        super().new_file(field_name, file_name, *args, **kwargs)
        self.written = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep as much of the file as is allowed."""
        kept = raw_data[: max(0, settings.UPLOAD_MAX_FILE - self.written)]
        self.written += len(kept)
        super().receive_data_chunk(kept, start)
        return None


def _limit_of(request: HttpRequest) -> int:
    """Return how long a request may be: long only where files go, and only from somebody signed in."""
    takes_files = any(re.match(path, request.path) for path in settings.UPLOAD_PATHS)
    if takes_files and request.user.is_authenticated:
        return settings.UPLOAD_MAX_REQUEST
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def refuse_oversized(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Answer 413 to a request that says it is too long, before a byte of it is read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if length.isascii() and length.isdigit() and int(length) > _limit_of(request):
            return too_large(request)
        return get_response(request)

    return middleware
