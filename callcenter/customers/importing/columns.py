"""Maps the columns and cells of a customer table to files. Pure.

Headers may be English or Chinese. Entries of a cell are separated by ; or ； or 、 or line ends; numbers also by / or a
comma or a space, where both sides are whole numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from callcenter.customers.model import BadCustomer, Customer, NumberUse, Standing
from callcenter.customers.numbers import BadNumber, Number, NumberKind
from callcenter.kit.table_reader import MARKS, Layout, titles

COLUMNS: Final = (
    "name",
    "numbers",
    "language",
    "standing",
    "company",
    "aliases",
    "addresses",
    "emails",
    "wechat",
    "qq",
    "tags",
    "team",
    "member_number",
    "shared_numbers",
    "notes",
)
_NAMES: Final = {
    "name": ("姓名", "名称", "客户", "客户名称", "客户姓名", "顾客姓名", "会员姓名", "customer"),
    "numbers": (
        "number",
        "phone",
        "phone number",
        "telephone",
        "tel",
        "mobile",
        "mobile phone",
        "cell phone",
        "cell",
        "电话",
        "号码",
        "电话号码",
        "联系电话",
        "联系号码",
        "联系方式",
        "手机",
        "手机号",
        "手机号码",
        "移动电话",
        "联系手机",
        "座机",
        "座机号",
        "固话",
        "固定电话",
        "办公电话",
        "单位电话",
        "公司电话",
        "家庭电话",
        "住宅电话",
        "备用电话",
        "备用号码",
        "其他电话",
        "客户电话",
    ),
    "language": ("语言", "方言"),
    "standing": ("级别", "客户级别", "客户等级", "会员级别", "等级"),
    "company": ("公司", "单位", "公司名称", "单位名称", "企业名称", "工作单位"),
    "aliases": ("alias", "别名", "联系人", "contact", "contact person"),
    "addresses": ("address", "地址", "联系地址", "详细地址", "收货地址", "住址", "通讯地址"),
    "emails": ("email", "e-mail", "mail", "邮箱", "电子邮箱", "电子邮件", "邮箱地址", "email address"),
    "wechat": ("微信", "微信号"),
    "qq": ("qq号", "qq号码"),
    "tags": ("tag", "标签"),
    "team": ("团队", "专属客服"),
    "member_number": (
        "member",
        "member no",
        "member id",
        "membership number",
        "会员号",
        "会员号码",
        "会员编号",
        "会员卡号",
    ),
    "shared_numbers": ("shared number", "shared phone", "共用号码", "共用电话", "合用号码", "合用电话"),
    "uses": ("use", "号码用途"),
    "notes": ("note", "备注", "备注信息", "说明", "remark", "remarks", "comment", "comments"),
}
HEADERS: Final[Mapping[str, str]] = titles(
    {name: column for column, names in _NAMES.items() for name in (column, *names)}
)
LISTS: Final = frozenset({"numbers", "aliases", "addresses", "emails", "tags", "team", "shared_numbers"})
NUMBERS: Final = frozenset({"numbers", "shared_numbers"})
EXPORTED: Final[Mapping[str, tuple[str, ...]]] = {
    "zh-CN": (
        "客户编号",
        "姓名",
        "号码",
        "语言",
        "级别",
        "备注",
        "公司",
        "别名",
        "地址",
        "邮箱",
        "微信",
        "QQ号",
        "标签",
        "团队",
        "号码用途",
        "会员号",
        "共用号码",
    ),
    "en": (
        "id",
        "name",
        "numbers",
        "language",
        "standing",
        "notes",
        "company",
        "aliases",
        "addresses",
        "emails",
        "wechat",
        "qq",
        "tags",
        "team",
        "uses",
        "member_number",
        "shared_numbers",
    ),
}
"""The headers of the exported list (exports.py)."""
LAYOUT: Final = Layout(HEADERS, "name", LISTS, ((*COLUMNS, *MARKS), *EXPORTED.values()))

_STANDINGS: Final = {
    "": Standing.ORDINARY,
    "普通": Standing.ORDINARY,
    "ordinary": Standing.ORDINARY,
    "vip": Standing.VIP,
    "vip会员": Standing.VIP,
    "key_account": Standing.KEY_ACCOUNT,
    "大客户": Standing.KEY_ACCOUNT,
}
_NOTHING: Final = frozenset(
    {
        "-",
        "--",
        "/",
        "\\",
        "无",
        "暂无",
        "没有",
        "空",
        "未知",
        "不详",
        "未填",
        "n/a",
        "na",
        "null",
        "none",
        "nil",
        "*",
    }
)
"""Placeholders for an empty value."""
MOST_WORDS: Final = 12
"""Words per cell that are searched for a boundary between two numbers."""
_KEPT_AS_WRITTEN: Final = frozenset({"name", "notes"})
_DASHES: Final = re.compile("[\u2010-\u2015\u2212\u2500]")
_BETWEEN: Final = re.compile(r"[;；、\n]")
_BETWEEN_NUMBERS: Final = re.compile(r"[;；、\n|]")
_PERHAPS_BETWEEN: Final = re.compile(r"[/／,，\\]")
_LINE_ENDS: Final = re.compile(r"\s*\r?\n\s*")

Read = Callable[[str], Number]
"""Reads a number that is to be stored; raises BadNumber."""


def customer_of(cells: Mapping[str, str], read: Read) -> Customer:
    """The file that a row describes. Raises BadCustomer."""
    cells = {column: _meant(column, text) for column, text in cells.items()}
    standing = _STANDINGS.get(cells.get("standing", "").lower())
    if standing is None:
        raise BadCustomer("a standing is ordinary, vip or key_account", field="standing")
    values: dict[str, Any] = {
        column: tuple(_entries(column, cells[column], read)) if column in LISTS else cells[column]
        for column in COLUMNS
        if column in cells and column != "standing"
    }
    return replace(Customer(**values), standing=standing, uses=_uses(cells.get("uses", "")))


def numbers_in(cell: str, read: Read) -> Iterator[str]:
    """The numbers in one cell, each as written there."""
    for part in _BETWEEN_NUMBERS.split(cell):
        pieces = _PERHAPS_BETWEEN.split(part)
        whole = len(pieces) > 1 and all(_is_whole(" ".join(piece.split()), read) for piece in pieces if piece.strip())
        for piece in pieces if whole else [part]:
            yield from _by_blanks(piece, read)


def _by_blanks(text: str, read: Read) -> list[str]:
    """A space separates two numbers when both are whole; a space inside one does not."""
    words = text.split()
    for at in range(1, min(len(words), MOST_WORDS)):
        first, rest = " ".join(words[:at]), " ".join(words[at:])
        if _is_whole(first, read):
            others = _by_blanks(rest, read)
            if all(_is_whole(piece, read) for piece in others):
                return [first, *others]
    return [" ".join(words)] if words else []


def _is_whole(text: str, read: Read) -> bool:
    try:
        number = read(text)
    except BadNumber:
        return False
    return number.kind is NumberKind.FULL or len(number.text) >= (5 if number.kind is NumberKind.SHORT else 7)


def _meant(column: str, text: str) -> str:
    """The text of a cell without placeholders; a line end in it (Alt+Enter) counts as a space."""
    if column not in LISTS and column != "notes":
        text = _LINE_ENDS.sub(" ", text)
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).strip().lower()
    return "" if column not in _KEPT_AS_WRITTEN and plain in _NOTHING else text


def _entries(column: str, cell: str, read: Read) -> Iterator[str]:
    if column in NUMBERS:
        yield from (text for text in numbers_in(cell, read) if _meant(column, text))
    else:
        yield from (part.strip() for part in _BETWEEN.split(cell) if _meant(column, part).strip())


def _uses(cell: str) -> dict[str, NumberUse]:
    """The uses of the numbers, as the export writes them: `+8613974812346=mobile;...`."""
    pairs = (part.partition("=") for part in _BETWEEN.split(cell) if part.strip())
    try:
        return {number.strip(): NumberUse(use.strip()) for number, _, use in pairs}
    except ValueError:
        known = ", ".join(NumberUse)
        raise BadCustomer(f"the use of a number is {known}", field="uses", known=known) from None
