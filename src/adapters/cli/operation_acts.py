"""What the commands of `fairseat operation` do; each returns the exit status."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
from rich.console import Console

from adapters.cli.operations import Json, OperationRefusedError, OperationsClient, line_of, watch

_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Desk:
    """One member of staff at one Fairseat; what is refused is told in a line, with status 1."""

    base_url: str
    token: str
    out: Console
    err: Console

    def preview(self, venue_id: UUID, type: str, params: Json) -> int:
        """Print what an operation would do."""

        def act(client: OperationsClient) -> int:
            self.out.print_json(data=client.start(venue_id, type, params, dry_run=True)["preview"])
            return 0

        return self._asked(act)

    def start(self, venue_id: UUID, type: str, params: Json, *, watch: bool) -> int:
        """Start an operation, and watch it if that is wanted."""
        return self._asked(
            lambda client: self._go_on(client, client.start(venue_id, type, params, dry_run=False), watch=watch)
        )

    def begin(self, venue_id: UUID, type: str, params: Json, *, dry_run: bool, watch: bool) -> int:
        """Preview or start an operation."""
        if dry_run:
            return self.preview(venue_id, type, params)
        return self.start(venue_id, type, params, watch=watch)

    def import_plan(self, venue_id: UUID, file: Path, params: Json, *, dry_run: bool, watch: bool) -> int:
        """Send a document, and import it."""

        def act(client: OperationsClient) -> int:
            document = client.send_document(venue_id, file)
            self._say(f"sent {document['bytes']:,} bytes, sha256 {document['sha256']}")
            source = {"format": "upload", "documentId": document["id"]}
            return self.begin(venue_id, "plan-import", params | {"source": source}, dry_run=dry_run, watch=watch)

        return self._asked(act)

    def resume(self, operation_id: UUID, *, watch: bool) -> int:
        """Resume an operation, and watch it if that is wanted."""
        return self._asked(lambda client: self._go_on(client, client.resume(operation_id), watch=watch))

    def watch(self, operation_id: UUID) -> int:
        """Show the progress until the operation is over; 1 unless it is completed."""
        return self._asked(lambda client: self._watched(client, operation_id))

    def cancel(self, operation_id: UUID) -> int:
        """Ask to cancel."""

        def act(client: OperationsClient) -> int:
            self._say(line_of(client.cancel(operation_id)))
            return 0

        return self._asked(act)

    def list(self, venue_id: UUID, *, type: str | None, status: str | None) -> int:
        """Print the operations of a venue, a line each."""

        def act(client: OperationsClient) -> int:
            for operation in client.of_venue(venue_id, type=type, status=status):
                self._say(line_of(operation))
            return 0

        return self._asked(act)

    def _asked(self, act: Callable[[OperationsClient], int]) -> int:
        try:
            with httpx.Client(base_url=self.base_url, timeout=_TIMEOUT_S) as http:
                return act(OperationsClient(http, self.token))
        except OperationRefusedError as refusal:
            self.err.print(f"fairseat: {refusal}", style="red", highlight=False, markup=False, soft_wrap=True)
            return 1

    def _go_on(self, client: OperationsClient, operation: Json, *, watch: bool) -> int:
        self._say(line_of(operation))
        return self._watched(client, UUID(operation["id"])) if watch else 0

    def _watched(self, client: OperationsClient, operation_id: UUID) -> int:
        return 0 if watch(client, operation_id, self.out) == "completed" else 1

    def _say(self, line: str) -> None:
        self.out.print(line, highlight=False, markup=False, soft_wrap=True)
