"""Tables: CSV and NPZ files as features and labels, kept until the file changes. Numpy alone, and never a pickle."""

from __future__ import annotations

import csv
import os
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from stat import S_ISREG
from threading import Lock
from types import SimpleNamespace

import numpy as np

from engine.data.entry import DataError, located
from engine.data.raw import Raw, stratified

LARGEST = 500 * 2**20  # bytes of a file
UNPACKED = 8 * 2**30  # bytes that the arrays of an archive may take
DAMAGED = (OSError, ValueError, KeyError, EOFError, MemoryError, RuntimeError, tokenize.TokenError, zipfile.BadZipFile, zlib.error)
MANY = 1000  # classes; more are most likely numbers
LABELS = ("y", "label", "labels", "target", "targets")
FEATURES = ("x", "X", "data", "features", "images")
COLOURS, CLEAR = (1, 3), (2, 4)  # channels of grey and colour, and with transparency
DIVIDED = {"x_train", "y_train", "x_test", "y_test"}
CHOOSE = "Choose a .csv or .npz file."


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Features (N, ...) float32, or uint8 pictures (N, C, H, W), and labels (N,) int64, or (N, 1) float32; `held` marks the validation rows."""

    features: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    held: np.ndarray
    report: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        return self.features.shape[1:]

    @property
    def train(self) -> int:
        return int((~self.held).sum())

    @property
    def validation(self) -> int:
        return int(self.held.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a file holds: rows, where they are divided already (`held`), and what its classes are called."""

    features: np.ndarray
    labels: np.ndarray
    report: str = ""
    held: np.ndarray | None = None
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Memory:
    """The tables read last, by path, time of change and parameters."""

    known: dict[tuple, Table] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


MEMORY = Memory()


def table_of(p: SimpleNamespace, base: str) -> Table:
    """The table that the parameters ask for. DataError says what is wrong with the file."""
    path = located(p.file, base)
    if not path:
        raise DataError("No table is chosen.", CHOOSE)
    try:
        stat = os.stat(path)
    except (OSError, ValueError) as error:
        raise DataError(f"The file {path[:300]} does not exist.", CHOOSE) from error
    if not S_ISREG(stat.st_mode):
        raise DataError(f"{path[:300]} is no file.", CHOOSE)
    if stat.st_size > LARGEST:
        raise DataError(f"The table {path} is larger than {LARGEST // 2**20} MB.", "Divide it, or convert it to pictures in folders.")
    key = (path, stat.st_mtime_ns, stat.st_size, p.label, p.task, p.validation)
    with MEMORY.lock:
        if key not in MEMORY.known:
            table = read(path, p)
            for old in list(MEMORY.known)[:-3]:
                del MEMORY.known[old]
            MEMORY.known[key] = table
        return MEMORY.known[key]


def load(p: SimpleNamespace, base: str) -> Raw:
    """The table, divided; features brought to mean 0 and deviation 1 over the training rows when that is asked for."""
    table = table_of(p, base)
    train, validation = np.flatnonzero(~table.held), np.flatnonzero(table.held)
    mean = std = None
    if p.standardise and table.features.dtype != np.uint8:
        rows = table.features[train].astype(np.float64)
        mean, std = rows.mean(0).astype(np.float32), rows.std(0).astype(np.float32)
        std[std < 1e-8] = 1  # a column that is always the same stays finite
    order = np.random.RandomState(5).permutation(len(train))
    parts = table.features[train][order], table.labels[train][order], table.features[validation], table.labels[validation]
    return Raw(*parts, table.class_names, table.report, ("features", "label"), mean=mean, std=std)


def read(path: str, p: SimpleNamespace) -> Table:
    """The table in a file, by its ending."""
    if path.lower().endswith(".npz"):
        found = read_npz(path, p)
    elif path.lower().endswith((".csv", ".tsv", ".txt")):
        found = read_csv(path, p)
    else:
        raise DataError(f"The file {os.path.basename(path)} is neither a .csv nor an .npz file.", CHOOSE)
    if len(found.labels) < 4:
        raise DataError(f"The table {os.path.basename(path)} has {len(found.labels)} usable rows; at least 4 are needed. {found.report}".strip(), CHOOSE)
    if not found.features[0].size:
        raise DataError(f"The table {os.path.basename(path)} has no features beside the label.", "Save the features as x and the labels as y.")
    if found.held is not None and found.held.all():
        raise DataError(f"The table {os.path.basename(path)} has no rows to train on.", "Save the samples to train on as x_train and y_train.")
    return to_predict(found, p) if p.task == "number" else to_classify(found, p)


def to_predict(found: Found, p: SimpleNamespace) -> Table:
    """The table with numbers as answers."""
    labels = found.labels
    try:
        answers = labels.astype(np.float32).reshape(len(labels), -1)
    except ValueError as error:
        raise DataError("The label column holds words, not numbers.", "Set Task to classes, or choose another label column.") from error
    held = held_rows(np.zeros(len(labels)), p.validation) if found.held is None else found.held
    return Table(found.features, answers, (), held, found.report)


def to_classify(found: Found, p: SimpleNamespace) -> Table:
    """The table with the distinct values of its label column as classes."""
    labels = found.labels
    names, y = np.unique(labels.reshape(-1), return_inverse=True)
    if not 2 <= len(names) <= MANY:
        values = "only one value" if len(names) == 1 else f"{len(names):,} distinct values"
        raise DataError(
            f"The label column has {values}; classes are 2 to {MANY:,}. {found.report}".strip(), "Set Task to number, or choose another label column."
        )
    shown = tuple(str(int(name)) if name.dtype.kind == "f" and name == int(name) else str(name) for name in names)
    if len(found.names) == len(names) and labels.dtype.kind in "iub" and names[-1] < len(names):
        shown = found.names
    return Table(found.features, y.astype(np.int64), shown, held_rows(y, p.validation) if found.held is None else found.held, found.report)


def held_rows(labels: np.ndarray, share: float) -> np.ndarray:
    """Which rows are for validation, bool (N,): `share` of each class, at least one altogether."""
    held = np.zeros(len(labels), bool)
    held[stratified(labels, share)[1]] = True
    if not held.any():
        held[np.random.RandomState(5).randint(len(labels))] = True
    return held


def read_csv(path: str, p: SimpleNamespace) -> Found:
    """Features (N, F) float32, labels as text or numbers, and what was left out."""
    rows, value = csv_rows(path)
    width = len(rows[0]) if rows else 0
    if width < 2:
        columns = f"{width} column{'' if width == 1 else 's'}"
        raise DataError(f"The table {os.path.basename(path)} has {columns}; at least a feature and a label are needed.", CHOOSE)
    column = label_column(p.label, width)
    titled = len(rows) > 1 and any(value(a) is None and value(b) is not None for a, b in zip(rows[0], rows[1], strict=False))
    titles = rows[0] if titled else [f"column {i + 1}" for i in range(width)]
    body = rows[1:] if titled else rows
    whole = [row for row in body if len(row) == width]
    wordy = {i for i in range(width) if i != column and not any(value(row[i]) is not None for row in whole)}
    kept = [i for i in range(width) if i != column and i not in wordy]
    if not kept:
        ragged = f" {len(body) - len(whole):,} of {len(body):,} rows have not the {width} columns of the first." if len(whole) < len(body) else ""
        raise DataError(f"No column of {os.path.basename(path)} holds numbers.{ragged}", "Features must be numbers.")
    answers = [row[column].strip() for row in whole]
    if p.task == "number" and not any(value(answer) is not None for answer in answers):
        raise DataError("The label column holds words, not numbers.", "Set Task to classes, or choose another label column.")
    pairs = [([value(row[i]) for i in kept], answer) for row, answer in zip(whole, answers, strict=True)]
    good = [(values, label) for values, label in pairs if None not in values and label and (p.task != "number" or value(label) is not None)]
    words = [f"{len(body) - len(good):,} of {len(body):,} rows have a gap or a word in place of a number and were skipped."] if len(good) < len(body) else []
    if wordy:
        words.append(f"Columns without numbers were left out: {', '.join(titles[i] for i in sorted(wordy))[:200]}.")
    labels = [label for _, label in good]
    as_numbers = [value(label) for label in labels]
    found = np.array(labels) if None in as_numbers else np.array(as_numbers, np.float64)
    return Found(np.array([values for values, _ in good], np.float32).reshape(-1, len(kept)), found, " ".join(words))


def csv_rows(path: str) -> tuple[list[list[str]], Callable[[str], float | None]]:
    """The rows that are not empty, and what reads a number in them."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            head = file.read(8192)
            file.seek(0)
            delimiter = max(",;\t", key=head.split("\n", 1)[0].count)
            rows = [row for row in csv.reader(file, delimiter=delimiter) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"The table {os.path.basename(path)} cannot be read: {error}.", "Save it as CSV with UTF-8.") from error
    return rows, comma_number if delimiter != "," and uses_comma(rows) else number


def label_column(wanted: int, width: int) -> int:
    """The index of the label column."""
    if wanted > width:
        raise DataError(f"The label column is {wanted}, but there are {width} columns.", f"Choose a label column from 1 to {width}, or 0 for the last.")
    return wanted - 1 if wanted else width - 1


def number(text: str) -> float | None:
    """The finite number that a cell holds, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e30 else None  # NaN and infinity compare false


def uses_comma(rows: list[list[str]]) -> bool:
    """Whether decimals stand behind a comma: some cells are numbers only so, and none has its decimals behind a point."""
    cells = [cell for row in rows for cell in row]
    return any("," in cell and comma_number(cell) is not None for cell in cells) and not any("." in cell and number(cell) is not None for cell in cells)


def comma_number(text: str) -> float | None:
    """The number that a cell holds where a comma stands before the decimals, as German spreadsheets write it."""
    return number(text.replace(",", ".", 1))


def read_npz(path: str, p: SimpleNamespace) -> Found:
    """Features (N, ...) and labels of an archive: arrays x and y, or x_train, y_train, x_test, y_test, or one column for each array."""
    arrays = read_arrays(path)
    names = tuple(map(str, arrays.pop("classes"))) if "classes" in arrays and arrays["classes"].dtype.kind == "U" and arrays["classes"].ndim == 1 else ()
    held = None
    if arrays.keys() >= DIVIDED:
        check_divided(path, arrays)
        held = np.arange(len(arrays["y_train"]) + len(arrays["y_test"])) >= len(arrays["y_train"])
        arrays = {name: np.concatenate([arrays[f"{name}_train"], arrays[f"{name}_test"]]) for name in ("x", "y")}
    label = label_array(arrays, p)
    labels = arrays.pop(label)
    whole = next((arrays[name] for name in FEATURES if name in arrays and arrays[name].ndim and len(arrays[name]) == len(labels)), None)
    if whole is None:
        fitting = [array.reshape(len(array), -1) for array in arrays.values() if array.ndim and array.dtype.kind in "fiub" and len(array) == len(labels)]
        if not fitting:
            raise DataError(
                f"No array in {os.path.basename(path)} has {len(labels):,} rows of numbers like {label}.", "Save the features as x and the labels as y."
            )
        whole = np.concatenate(fitting, 1)
    if whole.dtype.kind not in "fiub":
        raise DataError(f"The features in {os.path.basename(path)} are no numbers.", "Save the features as an array of numbers.")
    if whole.dtype == np.uint8 and whole.ndim in (3, 4):
        return Found(pictures(whole), labels, held=held, names=names)
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and its row is left out
        features = whole.astype(np.float32).reshape(len(whole), -1) if whole.ndim < 2 else whole.astype(np.float32)
    good = np.isfinite(features).all(tuple(range(1, features.ndim)))
    if labels.dtype.kind == "f":
        good &= np.isfinite(labels.reshape(len(labels), -1)).all(1)
    report = "" if good.all() else f"{int((~good).sum()):,} of {len(good):,} rows have numbers that are not finite and were skipped."
    return Found(features[good], labels[good], report, None if held is None else held[good], names)


def read_arrays(path: str) -> dict[str, np.ndarray]:
    """The arrays of an archive by name. DataError when it is damaged, is no archive, or would take too much memory."""
    fix = "Save plain arrays of numbers with numpy.savez."
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as found:  # numpy alone would leave a damaged file open
            size = sum(item.file_size for item in found.zip.infolist())
            arrays = {name: found[name] for name in found.files} if size <= UNPACKED else {}
    except (*DAMAGED, AttributeError) as error:
        words = str(error)[:120] or type(error).__name__
        raise DataError(f"The table {os.path.basename(path)} cannot be read: {words.rstrip('.')}.", fix) from error
    if size > UNPACKED:
        raise DataError(f"The arrays in {os.path.basename(path)} take {size / 2**30:,.0f} GB, more than the {UNPACKED // 2**30} that are read.", fix)
    return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}  # other files in it are bytes


def check_divided(path: str, arrays: Mapping[str, np.ndarray]) -> None:
    """DataError unless both parts have one label for each sample, and samples of one shape."""
    shapes = {name: arrays[name].shape for name in ("x_train", "y_train", "x_test", "y_test")}
    for part in ("train", "test"):
        x, y = shapes[f"x_{part}"], shapes[f"y_{part}"]
        if not x or not y or x[0] != y[0]:
            message = f"In {os.path.basename(path)}, x_{part} has the shape {x} and y_{part} the shape {y}: that is not one label for each sample."
            raise DataError(message, f"Save as many labels in y_{part} as samples in x_{part}.")
    for name in ("x", "y"):
        one, other = shapes[f"{name}_train"], shapes[f"{name}_test"]
        if one[1:] != other[1:]:
            message = f"In {os.path.basename(path)}, {name}_train has the shape {one} and {name}_test the shape {other}, so their samples differ."
            raise DataError(message, "Bring both to one shape before saving.")


def pictures(array: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W), (N, H, W, C) or (N, C, H, W) as (N, C, H, W)."""
    if array.ndim == 3:
        return array[:, None]
    first, last = array.shape[1], array.shape[3]
    is_last = (last in COLOURS and first not in COLOURS) or (last in CLEAR and first not in (*COLOURS, *CLEAR))
    return np.ascontiguousarray(array.transpose(0, 3, 1, 2)) if is_last else array


def label_array(arrays: Mapping[str, np.ndarray], p: SimpleNamespace) -> str:
    """The name of the array with the labels."""
    names = list(arrays)
    if len(names) < 2:
        raise DataError(f"The archive holds {len(names)} arrays; features and labels are needed.", "Save the features as x and the labels as y.")
    name = names[label_column(p.label, len(names))] if p.label else next((name for name in LABELS if name in arrays), names[-1])
    array = arrays[name]
    fine = array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)
    if not fine or array.dtype.kind not in "fiubU":
        raise DataError(f"The array {name} is no column of labels: its shape is {array.shape}.", "Save one label for each row as y.")
    return name
