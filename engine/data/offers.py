"""What the data nodes with parameters offer: shapes, classes and counts, from parameters and file names alone. No torch, no numpy."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from types import SimpleNamespace

from engine.data import folder as folders
from engine.data import groups
from engine.data.entry import DataError, DatasetFacts, Entry, located
from engine.data.folder import FolderError, Listing, folder_listing

NO_DATA = "This Input declares a shape but brings no data."
NAMED = 1000  # above that, classes go by number alone
DIGITS = tuple("0123456789")
ANIMALS = ("bear", "bird", "cat", "cow", "dog", "elephant", "giraffe", "horse", "sheep", "zebra")
SCENE_KINDS = ("background", "digit", "animal", "line")
SCENE_CLASSES = ("background", *DIGITS, *ANIMALS, "line")
SHAPES = ("bottle", "chair", "cup", "lamp", "mug", "shelf", "stool", "table", "vase", "wardrobe")
SPHERE = 80  # cameras that look from everywhere: 20 corners of a dodecahedron, each turned 4 times
SINGLE = "single views"
DISTANCES = 32  # bins of the D2 descriptor of a mesh


def held_out(count: int) -> int:
    """How many validation samples go with `count` training samples."""
    return max(count // 4, 1)


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width of a size parameter."""
    return (size, size) if isinstance(size, int) else size


def image_shape(values: SimpleNamespace) -> tuple[int, int, int]:
    """Channels, height and width that pictures are brought to."""
    return (1 if values.colour == "grey" else 3, *pair(values.size))


def numbered(classes: int) -> tuple[str, ...]:
    """Names for classes that have none."""
    return tuple(map(str, range(classes))) if classes <= NAMED else ()


def called(names: tuple[str, ...], count: int) -> tuple[str, ...]:
    """What `count` scores stand for: the classes that have names, then numbers where there are more scores than classes."""
    return (*names, *map(str, range(len(names), count))) if len(names) <= count else tuple(map(str, range(count)))


def declared(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """A place for data: a class for each sample, or for each pixel."""
    target = {"mask": p.shape[1:]} if "mask" in entry.ports else {"label": ()}
    return DatasetFacts({"image": p.shape, **target}, p.classes, numbered(p.classes), note=NO_DATA)


def points(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """Moons, circles and spirals: coordinates and a class."""
    names = entry.class_names or tuple(f"arm {index + 1}" for index in range(p.arms))
    return DatasetFacts({"point": (2,), "label": ()}, len(names), names, p.count, held_out(p.count))


def scenes(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """Pictures and a class for each pixel."""
    names = SCENE_KINDS if p.classes == "kinds" else SCENE_CLASSES
    size = pair(p.size)
    return DatasetFacts({"image": (1, *size), "mask": size}, len(names), names, p.count, held_out(p.count))


def mirror(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """Patterns and their mirror images, as classes or as numbers."""
    image, train = (1, p.size, p.size), {"train": p.count, "validation": held_out(p.count)}
    if p.wanted == "numbers":
        return DatasetFacts({"image": image, "mirror": image}, **train, dtypes={"mirror": "float32"})
    return DatasetFacts({"image": image, "mirror": image[1:]}, 2, ("off", "on"), **train)


def canvases(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """Digits on canvases of many sizes, padded to the largest."""
    if p.smallest > p.largest or p.largest // p.multiple < -(-p.smallest // p.multiple):
        problem = f"There is no multiple of {p.multiple} from {p.smallest} to {p.largest}."
        return DatasetFacts(problem=problem, fix="Make the largest side larger, or the multiple smaller.")
    side = p.largest // p.multiple * p.multiple
    outputs = {"image": (1, side, side), "size": (2,), "label": ()}
    return DatasetFacts(outputs, 10, DIGITS, p.count, held_out(p.count), dtypes={"size": "int64"})


def colours(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """Digits in colour."""
    return DatasetFacts({"image": (3, 32, 32), "label": ()}, len(DIGITS), DIGITS, p.count, held_out(p.count))


def view_count(p: SimpleNamespace) -> int:
    """How many pictures are taken of each mesh."""
    return SPHERE if p.cameras == "all around" else p.views


def view_facts(
    p: SimpleNamespace, views: int, *, names: tuple[str, ...], train: int, validation: int, channels: int = 1, measured: bool = False
) -> DatasetFacts:
    """Samples of all views together, or of one view each; `train` and `validation` count objects. Meshes are `measured` as well."""
    image, times = (channels, *pair(p.size)), views if p.samples == SINGLE else 1
    shape = image if p.samples == SINGLE else (views, *image)
    outputs = {"views": shape, "label": ()} | ({"d2": (DISTANCES,)} if measured else {})
    return DatasetFacts(outputs, len(names), names, train * times, validation * times)


def shapes3d(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """Shapes that are built from a seed."""
    return view_facts(p, view_count(p), names=SHAPES, train=p.count * len(SHAPES), validation=held_out(p.count) * len(SHAPES), measured=True)


def listed(p: SimpleNamespace, base: str, kind: folders.Kind) -> Listing:
    """The files of a folder parameter; DataError when there are none."""
    try:
        return folder_listing(located(p.folder, base), kind)
    except FolderError as error:
        raise DataError(str(error), error.fix) from error


def images(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """An image folder: its subfolders are the classes; files are counted, not opened."""
    outputs = {"image": image_shape(p), "label": ()}
    try:
        listing = listed(p, base, folders.IMAGES)
    except DataError as error:
        return DatasetFacts(outputs, problem=str(error), fix=error.fix)
    return DatasetFacts(outputs, len(listing.class_names), listing.class_names, *listing.counts(p.validation))


def meshes(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """A mesh folder; files are counted, not opened."""
    try:
        listing = listed(p, base, folders.MESHES)
    except DataError as error:
        shape = view_facts(p, view_count(p), names=(), train=0, validation=0, measured=True).outputs
        return DatasetFacts(shape, problem=str(error), fix=error.fix)
    train, validation = listing.counts(p.validation)
    return view_facts(p, view_count(p), names=listing.class_names, train=train, validation=validation, measured=True)


def views(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """A folder of rendered views: pictures are grouped to objects by their names."""
    channels = image_shape(p)[0]
    try:
        objects = view_listing(p, base)
    except DataError as error:
        shape = view_facts(p, p.views, names=(), train=0, validation=0, channels=channels).outputs
        return DatasetFacts(shape, problem=str(error), fix=error.fix)
    train, validation = objects.listing.counts(p.validation)
    return view_facts(p, p.views, names=objects.listing.class_names, train=train, validation=validation, channels=channels)


def view_listing(p: SimpleNamespace, base: str) -> groups.Objects:
    """The objects of a view folder that have as many views as are asked for; DataError when there are none."""
    objects = groups.objects(listed(p, base, folders.IMAGES), p.views)
    if not objects.files:
        usual = f"; most have {objects.usual}" if objects.usual > 1 else ""
        problem = f"No object in {objects.listing.folder} has {p.views} views{usual}."
        raise DataError(problem, "Set Views to how many pictures there are of each object, named such as chair_01.png, chair_02.png.")
    return objects


def masks(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """Folders of images and masks; files are counted, not opened."""
    shape = image_shape(p)
    outputs = {"image": shape, "mask": shape[1:]}
    try:
        found = groups.mask_pairs(located(p.folder, base))
    except FolderError as error:
        return DatasetFacts(outputs, problem=str(error), fix=error.fix)
    train, validation = found.split(p.validation)
    note = f"{len(found.alone):,} files have no partner of the same name and are left out: {', '.join(found.alone[:3])}." if found.alone else ""
    return DatasetFacts(outputs, p.classes, numbered(p.classes), len(train), len(validation), note=note)


def table(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """A table file; it is read, since its columns and classes are known only then."""
    from engine.data.tables import table_of  # reads with numpy

    try:
        found = table_of(p, base)
    except DataError as error:
        return DatasetFacts(problem=str(error), fix=error.fix)
    label: tuple[int, ...] = () if found.class_names else (1,)
    outputs = {"features": found.shape, "label": label}
    dtypes = {} if found.class_names else {"label": "float32"}
    return DatasetFacts(outputs, len(found.class_names), found.class_names, found.train, found.validation, note=found.report, dtypes=dtypes)


def numbers(entry: Entry, p: SimpleNamespace, base: str) -> DatasetFacts:
    """Samples that are typed in; the same ones train and validate."""
    outputs = {"features": p.shape, "label": () if p.task == "classes" else p.answer_shape}
    dtypes = {} if p.task == "classes" else {"label": "float32"}
    each, count = prod(p.shape), len(p.values) // max(prod(p.shape), 1)
    names = numbered(p.classes) if p.task == "classes" else ()
    known = {"outputs": outputs, "classes": len(names), "class_names": names, "dtypes": dtypes}
    if min((*p.shape, *p.answer_shape)) < 1:
        return DatasetFacts(problem="A sample needs sizes of 1 and more.", fix="Write the sizes as they are; −1 is not possible here.")
    if not count or len(p.values) % each:
        return DatasetFacts(**known, problem=f"{len(p.values)} values make no whole samples of {each}.", fix="Type in all values of each sample.")
    wanted = count if p.task == "classes" else count * prod(p.answer_shape)
    if len(p.answers) != wanted:
        return DatasetFacts(**known, problem=f"{count} samples need {wanted} answers, got {len(p.answers)}.", fix="Type in the answer to each sample.")
    if p.task == "classes" and any(answer not in range(p.classes) for answer in p.answers):
        return DatasetFacts(**known, problem=f"Classes are whole numbers from 0 to {p.classes - 1}.", fix="Correct the answers, or set Classes.")
    return DatasetFacts(**known, train=count, validation=count)


Offer = Callable[[Entry, SimpleNamespace, str], DatasetFacts]
OFFERS: dict[str, Offer] = {
    "input": declared, "input_mask": declared, "moons": points, "circles": points, "spirals": points, "scenes": scenes, "mirror": mirror,
    "digit_canvases": canvases, "shapes3d": shapes3d, "image_folder": images, "mesh_folder": meshes, "view_folder": views, "mask_folder": masks, "table": table,
    "numbers": numbers, "colour_digits": colours,
}  # fmt: skip
