"""The two files that a new centre starts from: its settings, and its people, lines and shifts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal
from zoneinfo import ZoneInfo

from callcenter.settings import Settings
from callcenter.settings.template import template, toml

Tongue = Literal["zh-CN", "en"]
DAYS: Final = 7
SHIFT_HOURS: Final = 8
CREWS: Final = (("1001", "1002"), ("1003", "1004"), ("1005", "1006"))
"""Who works the first, second and third part of the day; two at any hour, so that meals can be taken in turns (D5)."""

_HEAD: Final[Mapping[Tongue, str]] = MappingProxyType(
    {
        "en": "Settings of the service centre. A line that begins with # shows a setting with its default; remove the #"
        " and change the value. Secrets may stay out of this file: each setting is also an environment variable, such"
        " as CC_PBX__TRUNK_SECRET or CC_DATABASE_URL, and the environment comes first. `callcenter serve` reads the"
        " file from the folder where it is started.",
        "zh-CN": "服务中心的设置。以 # 开头的行是该项设置及其默认值；去掉 # 再改值即可生效。密码可以不写在本文件里："
        "每一项也可以用环境变量给出，例如 CC_PBX__TRUNK_SECRET、CC_DATABASE_URL，环境变量优先。"
        "`callcenter serve` 从启动时所在的文件夹读取本文件。",
    }
)
_TITLES_ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pbx": "pbx 电话交换机（Asterisk）",
        "pbx.trunk": "pbx.trunk 运营商中继的细节",
        "pbx.phones": "pbx.phones 座席话机",
        "pbx.bar": "pbx.bar 屏蔽反复被拒的地址",
        "pbx.dial": "pbx.dial 允许拨打的号码",
        "web": "web 网页与接口",
        "policy": "policy 服务规则的数值",
        "retention": "retention 数据保留期限",
        "transcripts": "transcripts 语音转文字",
        "courtesy": "courtesy 礼貌用语检查",
        "recordings": "recordings 通话录音",
        "talk": "talk 通话时长分析",
        "complaints": "complaints 投诉处理",
        "scorecards": "scorecards 质量评分",
        "forms": "forms 纸质表单",
        "callbacks": "callbacks 回访电话",
        "roster": "roster 排班",
        "worktime": "worktime 工作日历",
    }
)
_CENTRE: Final[Mapping[Tongue, Mapping[str, str]]] = MappingProxyType(
    {
        "en": {
            "head": "People, queues, lines and shifts of the centre. Edit this file, then run:\n"
            "#   callcenter import centre.toml --dry-run     checks every row and changes nothing\n"
            "#   callcenter import centre.toml               adds what is new and replaces what is there\n"
            "# The file may be imported again at any time; what it does not name stays as it is.",
            "agents": "Agents. `number` is what colleagues dial; each gets a phone of that name (docs/phones.md).\n"
            "# `skills`: languages and dialects (BCP 47; xiang-... for Xiang Chinese), 1 a few words, 5 native (R8).\n"
            '# `phones`: further ones, such as [{name = "1001"}, {name = "1001-web", kind = "webrtc"}].',
            "queues": "Queues: where callers wait. `skill`: only agents who speak it, at least at `min_level`.\n"
            "# `move_on_at_ring`: at the start of this ring the call goes to the next agent (R1).",
            "lines": "Lines: `dids` are the numbers that callers dial, as the carrier sends them.",
            "shifts": "Shifts in the centre's time zone: who answers which line, when. Callers reach agents on\n"
            "# shift and signed in. These cover the week from the day on which the file was made, around the clock.",
        },
        "zh-CN": {
            "head": "服务中心的人员、队列、热线和班次。修改本文件后运行：\n"
            "#   callcenter import centre.toml --dry-run     逐行检查，不作任何改动\n"
            "#   callcenter import centre.toml               新的加入，已有的替换\n"
            "# 可以随时再次导入；文件里没有写到的保持不变。",
            "agents": "客服专员。number 是同事拨打的号码，每人有一部同名的话机（见 docs/phones.md）。\n"
            "# skills：语言与方言（BCP 47；湘语写作 xiang-...），1 会几句，5 母语（R8）。\n"
            '# phones：需要更多话机时填写，例如 [{name = "1001"}, {name = "1001-web", kind = "webrtc"}]。',
            "queues": "队列：来电者等候的地方。skill：只由会该语言的人接听，水平不低于 min_level。\n"
            "# move_on_at_ring：在这一声振铃开始时转给下一位（R1）。",
            "lines": "热线：dids 是客户拨打的号码，按运营商送来的写法填写。",
            "shifts": "班次，按本中心的时区：谁在什么时间接哪条热线。来电只转给在班并已签入的人。\n"
            "# 以下从生成文件的当天起排满一周，昼夜不断。",
        },
    }
)
_AGENTS: Final = (
    ("1001", "刘婷", {"zh-CN": 5, "xiang-changsha": 5}),
    ("1002", "陈志远", {"zh-CN": 5, "en": 3}),
    ("1003", "周小梅", {"zh-CN": 5, "xiang-hengyang": 5}),
    ("1004", "唐建军", {"zh-CN": 5, "xiang-shaoyang": 4}),
    ("1005", "彭丽华", {"zh-CN": 5, "en": 4}),
    ("1006", "谢海波", {"zh-CN": 5, "xiang-loudi": 5}),
)


def settings_file(language: Tongue) -> str:
    """`callcenter.toml`: every setting with its default; time zone and company name are set explicitly."""
    fields = Settings.model_fields
    written = {name: fields[name].default for name in ("timezone", "company")}
    return template(Settings, _HEAD[language], _TITLES_ZH if language == "zh-CN" else {}, written)


def centre_file(language: Tongue, now: datetime, zone: ZoneInfo) -> str:
    """`centre.toml` in the format of `callcenter import`, with a roster for the week that begins today."""
    words = _CENTRE[language]
    rows: Mapping[str, list[dict[str, object]]] = {
        "agents": [{"number": number, "name": name, "skills": skills} for number, name, skills in _AGENTS],
        "queues": [{"code": "service", "names": {"zh-CN": "客户服务", "en": "Service"}, "move_on_at_ring": 4}],
        "lines": [
            {
                "code": "service",
                "queue": "service",
                "names": {"zh-CN": "服务热线", "en": "Service hotline"},
                "dids": ["073188880001"],
            }
        ],
        "shifts": list(_shifts(now, zone)),
    }
    parts = [f"# {words['head']}"]
    for kind, table in rows.items():
        parts.append(f"# {words[kind]}\n{kind} = [\n" + "".join(f"    {_inline(row)},\n" for row in table) + "]")
    return "\n\n".join(parts) + "\n"


def _shifts(now: datetime, zone: ZoneInfo) -> Iterator[dict[str, object]]:
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    for day in range(DAYS):
        for part, crew in enumerate(CREWS):
            start = today + timedelta(days=day, hours=part * SHIFT_HOURS)
            for agent in crew:
                yield {
                    "agent": agent,
                    "line": "service",
                    "starts_at": start,
                    "ends_at": start + timedelta(hours=SHIFT_HOURS),
                }


def _inline(row: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{name} = {toml(value)}" for name, value in row.items()) + "}"
