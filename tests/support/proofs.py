"""Evidence for the tests: pictures as a camera or a screen makes them, added to an item."""

import base64
import io

from PIL import Image

from checklists.actions import add_evidence
from checklists.evidence_files import clean_evidence
from tests.support.rollouts import op


def picture(kind="PNG", size=(40, 30), mode="RGB", colour=None, **options):
    out = io.BytesIO()
    Image.new(mode, size, colour or 0).save(out, kind, **options)
    return out.getvalue()


def photo():
    """A JPEG that says where and with what it was taken, lying on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "CameraMaker", 6
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.0), 29: "2026:11:25"})
    return picture("JPEG", exif=exif, comment=b"secret place")


def prove(checklist, tracking_id="A-1", *, by, name="screen.png", data=None, **given):
    """The event of a file that was added."""
    identity = given.pop("op_id", None) or op(f"prove {name}")
    return add_evidence(
        checklist_id=checklist.pk,
        op_id=identity,
        tracking_id=tracking_id,
        file=clean_evidence(name, picture() if data is None else data),
        by=by,
        **given,
    )


FILES = """(target, [kind, files]) => {
  const data = new DataTransfer();
  for (const [name, type, encoded] of files) {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  const options = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: data })
    : new DragEvent(kind, { ...options, dataTransfer: data });
  target.dispatchEvent(event);
}"""


def give(place, kind, *files):
    """Paste or drop files, (name, type, bytes), as a browser tells a page of it; `kind` is "paste"
    or "drop"."""
    told = [[name, type_, base64.b64encode(data).decode()] for name, type_, data in files]
    place.evaluate(FILES, [kind, told])
