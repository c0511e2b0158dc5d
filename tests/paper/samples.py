"""Provides typical forms for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from callcenter.paper.charts import Bar, ranked
from callcenter.paper.model import (
    AnalysisForm,
    AnalysisPart,
    AnalysisRow,
    AnalysisStep,
    Answer,
    CallRecordForm,
    Entry,
    EvaluationForm,
    HandlingForm,
    Head,
    Proof,
    Ring,
    ScorecardForm,
    ScoreLine,
    ScoreSection,
    Signature,
    Standing,
    TrackingForm,
)

AT = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
STORY = "客户反映在长沙五一店购买的剁椒鱼头(规格900g)包装破损,汤汁外漏,冷链箱内冰袋已融化,要求退款并道歉。"
LINK = "https://desk.example.cn/cases/TS20261124-0001"
SIGNATURES = (
    Signature("客服主管", "王敏", AT, Standing.VALID, seal="9f2c41d07a5be833"),
    Signature("客服部经理", "李大勇", AT, Standing.VOID, "正文在签署后有修改", "11aa41d07a5be833"),
    Signature("部门领导"),
)
PROOFS = (
    Proof("recording", "rec-8d3f", AT, "a" * 64),
    Proof("transcript", "", AT),
    Proof("file", "收据.jpg", AT, "b" * 64),
)


def head(language: str = "zh-CN", number: str = "TS20261124-0001") -> Head:
    return Head(number, "湘味到家", "客户服务中心", language, SHANGHAI, AT, "boss", LINK, "已批准")


def tracking(text: str = STORY, language: str = "zh-CN", number: str = "TS20261124-0001") -> TrackingForm:
    return TrackingForm(
        head(language, number),
        AT,
        "刘桂兰",
        "女",
        "+86 138 0731 0000",
        Entry(text, "陈静", AT, Standing.VALID),
        Entry("冰袋数量不足。", "周涛", AT),
        Entry("同意退款。", "陈静", AT),
        Entry("同意。", "王敏", AT, Standing.VOID),
        Entry(),
        SIGNATURES,
        PROOFS,
    )


def handling(text: str = STORY, language: str = "zh-CN") -> HandlingForm:
    return HandlingForm(
        head(language),
        "刘桂兰",
        AT,
        "刘女士",
        "+86 138 0731 0000",
        "配送部",
        "剁椒鱼头 900g",
        "A-20261120",
        "退款",
        Entry(text, "陈静", AT),
        Entry("冰袋数量不足。", "周涛", AT),
        Entry("每箱加两个冰袋。", "何军", AT),
        Entry(),
        SIGNATURES,
        PROOFS,
    )


def call_record(text: str = STORY, language: str = "zh-CN") -> CallRecordForm:
    return CallRecordForm(
        head(language, "pbx1-1795459883.4"),
        "inbound",
        "hotline",
        "4008001234",
        "刘桂兰",
        "",
        "138****0000",
        AT,
        AT,
        AT,
        7.2,
        188,
        "1001 陈静",
        "answered",
        text,
        "配送部",
        "周涛",
        "已立案",
        ("TS20261124-0001",),
        (Ring("1002 李雷", AT, 3, "no_answer"), Ring("1001 陈静", AT, 1, "answered")),
    )


def evaluation(text: str = STORY, language: str = "zh-CN") -> EvaluationForm:
    return EvaluationForm(
        head(language, "HF20261124-0001"),
        "刘桂兰",
        "138****0000",
        "TS20261124-0001",
        "1001 陈静",
        AT,
        "投诉回访 v1",
        4,
        True,
        "",
        "希望提前电话通知。",
        False,
        (Answer("请问您对这次服务有哪些不满意的地方?", text), Answer("意见和建议", "没有")),
    )


def scorecard(text: str = STORY, language: str = "zh-CN") -> ScorecardForm:
    lines = (
        ScoreLine("没有推诿", "C2", "否", text, 31.5, True),
        ScoreLine("道再见", "C1", "是"),
    )
    return ScorecardForm(
        head(language, "9F2C41D07A5B"),
        "1001",
        "pbx1-1795459883.4",
        AT,
        "主管 王敏",
        "来电服务评分表 1",
        "0",
        "72.5",
        False,
        "没有推诿",
        "来电人刘桂兰",
        "已道歉",
        "听过录音,维持原分",
        AT,
        "0" * 64,
        (ScoreSection("二、礼貌用语", "50 %", lines),),
    )


def analysis(text: str = STORY, language: str = "zh-CN") -> AnalysisForm:
    row = AnalysisRow("刘桂兰" if text is STORY else text, 12, "60.0 %", "83 % (10/12)", "")
    chart = ranked("部门 department", [Bar(text, 12, 0.6), Bar("工厂", 8, 1.0)])
    return AnalysisForm(
        head(language, "AN20261101-20261124"),
        AT,
        AT,
        20,
        17,
        3,
        1,
        f"刘桂兰 {text}",
        (AnalysisPart("部门 department", chart, (row,)), AnalysisPart("趋势 trend", chart)),
        (AnalysisStep("调查中", 12, "5.0 h", "3.1 d"),),
    )
