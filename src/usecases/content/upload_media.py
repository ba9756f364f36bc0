"""Take a file of a venue in."""

from dataclasses import dataclass

from core.content.errors import FileTooLargeError, FileTypeError, UploadInterruptedError
from core.content.file_types import FORMS, disguises, type_named
from core.content.media import Media, MediaFacts, MediaLimits, StoredFile
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import MediaId, TenantId, VenueId
from ports.clock import Clock
from ports.content import FileTypes, IncomingFile, MediaStorage, MediaStore
from ports.ids import IdSource
from ports.published.venues import VenuesApi
from usecases.content.venues import must_be_venue


@dataclass(frozen=True, slots=True)
class UploadMedia:
    """Owners and managers. The bytes decide what the file is; bytes that the organisation has are not stored again.

    First it is noted, then stored, then there: whoever dies in between leaves a note that the sweep finds. Raises
    ContentVenueNotFoundError, FileTooLargeError, FileTypeError, InvalidMediaError and UploadInterruptedError.
    """

    media: MediaStore
    storage: MediaStorage
    types: FileTypes
    venues: VenuesApi
    limits: MediaLimits
    ids: IdSource
    clock: Clock

    async def must_be_possible(self, caller: Caller, venue_id: VenueId) -> None:
        """Raise what can be said before a single byte is read: ForbiddenError, ContentVenueNotFoundError."""
        caller.must_be_one_of(MANAGERS)
        await must_be_venue(self.venues, tenant_id=caller.tenant_id, venue_id=venue_id)

    async def __call__(self, caller: Caller, venue_id: VenueId, facts: MediaFacts, file: IncomingFile) -> Media:
        await self.must_be_possible(caller, venue_id)
        if file.length_bytes > self.limits.bytes_max:
            raise FileTooLargeError(bytes_max=self.limits.bytes_max)
        tenant_id, media_id = caller.tenant_id, MediaId(self.ids.new())
        media = Media.uploading(
            media_id,
            venue_id=venue_id,
            facts=facts,
            file=StoredFile(self._type_of(file), file.length_bytes, file.sha256, file.name),
            storage_key=f"{tenant_id}/{media_id}",
            by=caller.account_id,
            now=self.clock.now(),
        )
        await self.media.add(tenant_id, media)
        if not await self._is_there(tenant_id, media):
            await self.storage.put(media.storage_key, file.chunks())
        if not await self.media.make_ready(tenant_id, media_id):
            # The sweep took it for dead, and may have been at the storage before us.
            await self.storage.delete(media.storage_key)
            raise UploadInterruptedError
        ready = await self.media.get(tenant_id, media_id)
        if ready is None or not ready.is_ready:
            raise UploadInterruptedError
        return ready

    def _type_of(self, file: IncomingFile) -> str:
        if file.length_bytes == 0:
            raise FileTypeError("The file is empty.")
        declared, found = type_named(file.declared_type), self.types.type_of(file.head)
        if found is None or found not in FORMS:
            raise FileTypeError(f"Files of this type are not taken; there are {', '.join(FORMS)}.")
        if found != declared:
            raise FileTypeError(f"The file was sent as {declared or 'nothing'}, but its bytes are {found}.")
        if others := list(disguises(found, head=file.head, tail=file.tail)):
            raise FileTypeError(f"The file could be read as {' and as '.join(others)} as well.")
        return found

    async def _is_there(self, tenant_id: TenantId, media: Media) -> bool:
        """Let the upload share the bytes of a twin, if there is one.

        It is noted first and the twin looked at again: whoever deletes the twin marks it first and looks for those who
        share its bytes then. So at least one of the two sees the other.
        """
        twin = await self.media.twin(tenant_id, sha256=media.file.sha256, content_type=media.file.content_type)
        if twin is None or not await self.media.stored_at(tenant_id, media.id, twin.storage_key):
            return False
        again = await self.media.get(tenant_id, twin.id)
        length = await self.storage.length(twin.storage_key)
        if again is not None and again.is_ready and length == media.file.length_bytes:
            return True
        await self.media.stored_at(tenant_id, media.id, media.storage_key)
        return False
