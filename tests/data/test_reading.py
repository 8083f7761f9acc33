"""Reading hostile files: every fault is one clear InputError with file and line, within bounds."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdrec.core.records import InputError
from rdrec.data.reading import Faults, csv_rows, json_objects, parse_json, parse_record, read_json, text_lines


def lines(path: Path) -> list[tuple[int, str]]:
    faults = Faults(path)
    found = list(text_lines(path, faults))
    faults.check()
    return found


def rows(path: Path) -> list[tuple[int, list[str]]]:
    faults = Faults(path)
    found = list(csv_rows(path, faults))
    faults.check()
    return found


def put(folder: Path, content: bytes, name: str = "file.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_plain_and_packed_lines_are_the_same(tmp_path: Path) -> None:
    content = "\ufeffone\r\ntwo ü\n\nfour".encode()
    expected = [(1, "one"), (2, "two ü"), (3, ""), (4, "four")]
    assert lines(put(tmp_path, content)) == expected
    assert lines(put(tmp_path, gzip.compress(content), "file.gz")) == expected
    assert lines(put(tmp_path, gzip.compress(content), "packed-without-saying-so.txt")) == expected
    two_members = gzip.compress(content[:9]) + gzip.compress(content[9:]) + b"\0" * 20
    assert lines(put(tmp_path, two_members, "file.gz")) == expected


@settings(deadline=None)
@given(st.lists(st.text(st.characters(blacklist_characters="\n\r\0\ufeff", blacklist_categories=["Cs"]))))
def test_lines_survive_packing(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = put(tmp_path_factory.mktemp("gz"), gzip.compress("".join(f"{text}\n" for text in texts).encode()), "x.gz")
    assert [line for _, line in lines(path)] == texts


def test_truncated_broken_and_misnamed_gzip(tmp_path: Path) -> None:
    packed = gzip.compress(json.dumps(list(range(5000))).encode())
    for cut in (3, 12, len(packed) // 2, len(packed) - 1):
        with pytest.raises(InputError, match=r"x.gz: the gzip data is cut off - download"):
            lines(put(tmp_path, packed[:cut], "x.gz"))
    broken = bytearray(packed)
    broken[len(packed) // 2] ^= 0xFF
    with pytest.raises(InputError, match="the gzip data is broken"):
        lines(put(tmp_path, bytes(broken), "x.gz"))
    with pytest.raises(InputError, match="the gzip data is broken"):
        lines(put(tmp_path, packed + b"junk behind it", "x.gz"))
    assert lines(put(tmp_path, b"plain", "x.gz")) == [(1, "plain")]  # the bytes count, not the name


def test_the_file_must_be_there_and_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.csv: there is no such file"):
        lines(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="cannot be read"):
        lines(tmp_path)


def test_bad_characters_are_said_with_their_lines_all_at_once(tmp_path: Path) -> None:
    path = put(tmp_path, b"fine\ncaf\xe9\nfine\nn\0ul\n")
    with pytest.raises(InputError, match=r"2 faults: line 2: not UTF-8 \(byte 0xe9 at byte 4\).*, line 4: contains a NUL"):
        lines(path)
    with pytest.raises(InputError, match=r"file.txt:2: not UTF-8"):
        lines(put(tmp_path, b"fine\ncaf\xe9\n"))


def test_many_faults_are_counted_and_reading_stops(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"100 faults \(reading stopped there\).*and 95 more"):
        lines(put(tmp_path, b"\xff\n" * 5000))


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"file.txt:2: the line is longer than 4,000,000 bytes"):
        lines(put(tmp_path, b"x\n" + b"a" * 4_100_000))


def test_csv_rows_know_where_they_begin(tmp_path: Path) -> None:
    path = put(tmp_path, b'a,b\n1,"two\nlines, ""quoted"""\n\n3,4\n')
    assert rows(path) == [(1, ["a", "b"]), (2, ["1", 'two\nlines, "quoted"']), (5, ["3", "4"])]


def test_an_unclosed_quote_names_the_line_where_it_opens(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"file.txt:3: a quote is opened here and never closed"):
        rows(put(tmp_path, b'a,b\n1,2\n3,"four\n5,6\n'))
    with pytest.raises(InputError, match=r"file.txt:2: the row that begins here is longer.*quote"):
        rows(put(tmp_path, b'a,b\n1,"' + b"word word word\n" * 300_000))
    with pytest.raises(InputError, match=r"file.txt:2: broken csv"):
        rows(put(tmp_path, b'a,b\n1,"two" and more\n'))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": "half a li', "cut off in the middle"),
        ('{"a": 1, "b":', "cut off in the middle"),
        ('{"a" 1}', r"not JSON \(Expecting ':' delimiter, column 6\)"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ('{"a": -Infinity}', "-Infinity is not a JSON number"),
        ('{"a": 1e999}', "the number 1e999 is out of range"),
        ('{"a": ' + "9" * 5000 + "}", r"the number 9{20}\.\.\. is out of range"),
        (r'{"a": "\ud800"}', "lone surrogate"),
        ('{"a": 1, "a": 2}', "the key 'a' appears twice"),
    ],
)
def test_strict_json(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_json(text)
    path = put(tmp_path, f'{{"fine": 1}}\n{text}\n'.encode())
    faults = Faults(path)
    with pytest.raises(InputError, match=rf"file.txt:2: .*{message}"):
        list(json_objects(path, faults))
        faults.check()
    with pytest.raises(InputError, match=r"file\.txt"):
        read_json(put(tmp_path, text.encode()))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON)
def test_a_record_is_what_the_standard_library_reads(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        try:
            raw = text.encode()
        except UnicodeEncodeError:  # a half character, unescaped: no file holds it
            continue
        assert parse_record(raw) == json.loads(text)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a": "half', "cut off in the middle"),
        (b'{"a" 1}', "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": "\xff"}', "utf-8"),
        (b'{"a": 1} {"b": 2}', "not JSON"),
    ],
)
def test_what_is_no_record(raw: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_record(raw)


def test_a_record_may_hold_odd_numbers_and_half_characters() -> None:
    assert parse_record(b'{"a": NaN, "b": 1}')["b"] == 1
    assert parse_record(rb'{"a": "x\ud83d"}') == {"a": "x\ud83d"}


def test_reading_goes_on_after_broken_quotes(tmp_path: Path) -> None:
    path = put(tmp_path, b'a,b\n1,2\n3,"four\n5,6\n7,"eight" x\n9,10\n')
    faults = Faults(path)
    assert [line for line, _ in csv_rows(path, faults)] == [1, 2, 4, 6]
    with pytest.raises(InputError, match=r"2 faults: line 3: .*, line 5: "):
        faults.check()


def test_a_faulty_line_stays_out_when_it_is_read_again(tmp_path: Path) -> None:
    path = put(tmp_path, b'a,b\n1,"two\n\xff,4\n5,6\n')
    faults = Faults(path)
    assert [row for _, row in csv_rows(path, faults)] == [["a", "b"], ["5", "6"]]
    assert len(faults) == 2


def test_endless_quotes_do_not_cost_endless_time(tmp_path: Path) -> None:
    path = put(tmp_path, b"a,b\n" + b'"\n' * 3 + b'x,"y\n' * 1_000_000)
    read = 0
    with pytest.raises(InputError):
        for _ in csv_rows(path, Faults(path)):
            read += 1
    assert read < 10_000


def test_quotes_are_characters_where_a_file_does_not_quote(tmp_path: Path) -> None:
    path = put(tmp_path, b'a\tb\n1\t"open\n2\t6" wide\n')
    found = csv_rows(path, Faults(path), delimiter="\t", quoted=False)
    assert [row for _, row in found] == [["a", "b"], ["1", '"open'], ["2", '6" wide']]


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert parse_json(r'{"a": "\ud83d\ude00"}') == {"a": "😀"}


def test_whole_json_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"file.txt:3: not JSON"):
        read_json(put(tmp_path, b'{\n"a": 1,\n"b" 2}'))
    with pytest.raises(InputError, match=r"file.txt:2: not UTF-8"):
        read_json(put(tmp_path, b'{\n"a": "\xff"}'))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_objects_or_one_clear_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    for data in (content, gzip.compress(content), b"\x1f\x8b" + content):
        path = put(folder, data)
        for read in (lines, rows, read_json):
            try:
                read(path)
            except InputError as error:
                assert str(path) in str(error)
