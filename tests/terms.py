"""The table of terms: the same thing has the same word everywhere, in both languages.

`REPLACED` are words that no text holds, with what is said instead. `PAIRS` are terms that stand with their
counterpart: a text whose Chinese has the one has the other in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

REPLACED_IN_CHINESE: Final[Mapping[str, str]] = {
    r"(?<!月)末日|到期|最后有效日": "届满日",
    r"(?<!所处)环节": "办理事项; 所处环节 for production, wholesale, retail",
    r"起算日|起算事件|开始当日": "受理（收到）之日",
    r"理由(?!。)": "事由",
    r"读法|解释性|解释所得": "理解",
    r"(?<![文存归])档(?!案)": "情形",
    r"陈明|所给|未提供|未给出": "填写, 所填, 未填",
    r"往前推算|推得|倒推": "倒算, 算出; 推算 is for days that are not announced",
    r"备选|各种可能": "可能的结果",
    r"补充通知|日历状态|所依日历": "自备通知; 放假安排",
    r"公布至": "可以确定到",
    r"回答|答复|作答|解答": "结果",
    r"(?<!质量)(?<!安全性)问题|未能作答": "有误, 错误",
    r"惯例": "计算方式, 证件方式, 民法典方式",
    r"最低货值": "最低计算货值",
    r"从业禁止|禁止从业": "限制从业",
    r"首个不受限日|不再受限": "解除日",
    r"免罚|免予行政处罚": "免予处罚",
    r"违法期间": "违法行为发生期间",
    r"两年|五年(?!修订)|前者|后者": "2年, 5年",
    r"危害事实": "危害后果",
    r"监管部门|省级部门|国家部门|(?:省级|县级)(?:以上)?(?:地方)?药品监督管理部门": "…人民政府药品监督管理部门",
    r"(?<!行政)许可法": "行政许可法",
    r"第[0-9]+条": "第…条 in Chinese numerals",
    r"视为受理": "即为受理",
    r"最晚|审批窗口|申请窗口": "最迟; 申请期间",
    r"台账": "逐日明细",
    r"逐步说明": "计算过程",
    r"出处|摘要": "程序和数据版本; 校验码",
    r"案号": "自用编号",
    r"运行者|运营者": "管理员",
    r"药品法规计算": "药品监管计算",
    r"申报材料|批准文件|获批": "申请材料; 批准证明文件",
    r"假药劣药": "假药、劣药",
    r"处理决定": "处罚决定",
}
"""Patterns of words that no Chinese text holds, with what is said instead."""

REPLACED_IN_ENGLISH: Final[Mapping[str, str]] = {
    r"\breadings?\b": "interpretation",
    r"\bcommencement\b": "when the rules took effect",
    r"\blies? (?:before|after)\b": "is before, is after",
    r"\bstands? side by side\b|\bpossibilit(?:y|ies)\b|\balternatives?\b": "possible outcome",
    r"\brests? on\b": "is based on",
    r"\btold apart\b": "distinguished",
    r", (?:both )?(?:ends )?included\b(?! (?:in|with))|\bboth (?:ends |days )?included\b": "inclusive",
    r"\d %|\} %": "10%",
    r"\bfake\b|\binferior\b": "counterfeit or substandard drugs",
    r"\bfirst tier\b|\buncorrected\b": "basic tier; not corrected in time",
    r"\bsevere\b|\bseverity\b": "serious circumstances; circumstances",
    r"\bledger\b": "day by day",
    r"\bechoed\b": "returned as it is",
    r"\bdigests?\b": "checksum",
    r"\bconventions?\b": "method",
    r"(?<!\()(?<!rule of the )(?<!Administrative )\blicensing law\b(?!\))": "Administrative Licensing Law, ALL",
    r"\blead\b(?! times?\b)(?! to\b)": "lead time",
    r"\bbarred\b": "limitation passed",
    r"\bfirst free day\b|\bfree again\b": "free from",
    r"\bharm followed\b|\bfacts on harm\b": "harmful consequences",
    r"\bviolation costs\b": "legal consequences of a violation",
    r"\bon lapse\b": "if overdue, if not notified in time",
    r"\bclock stands\b": "clock is stopped",
    r"\bstated\b": "given",
    r"\bvalue counted\b|\bbinds\b": "value used; applies",
    r"\bmust be heard\b": "must be consulted",
    r"\bmend\b": "correct",
    r"\bshop\b": "licensee",
}
"""Patterns of words that no English text holds, with what is said instead; letters of either case."""

PAIRS: Final[Mapping[str, str]] = {
    r"届满日": r"due date|last day|last acceptance|\bends?\b|\bended\b|end of|expire",
    r"停止计时": r"clock|\bstop|suspended",
    r"事由": r"reason",
    r"理解": r"interpret|understood",
    r"自备通知": r"supplied notice",
    r"可以确定到": r"certain through",
    r"可能的结果": r"possible outcome|every outcome",
    r"证件方式": r"[Cc]ertificate method|^certificate \(",
    r"民法典方式": r"Civil Code method|^civil-code \(",
    r"最低计算货值": r"[Dd]eemed value",
    r"责令停产停业整顿": r"suspension|suspend",
    r"免予处罚": r"[Ee]xempt",
    r"追责期限": r"[Ll]imitation",
    r"危害后果": r"harmful consequence",
    r"主要负责人": r"principal person in charge",
    r"提前期": r"lead time",
    r"逐日明细": r"day by day|day-by-day",
    r"计算过程": r"[Cc]alculation",
    r"注意事项": r"\b[Nn]otes\b",
    r"校验码": r"[Cc]hecksum",
    r"管理员": r"operator",
    r"自用编号": r"\byour (?:own )?reference|\breferences?\b",
    r"收缴": r"collected",
    r"征求.*意见": r"consult",
    r"假药、劣药": r"counterfeit or substandard",
    r"情节严重": r"serious circumstances|[Cc]ircumstances",
    r"施行日": r"in force|took effect|takes effect|effective",
}
"""Patterns of Chinese terms, and of the English words of which one stands where the term does."""


def find_replaced(text: str, table: Mapping[str, str]) -> list[str]:
    """The words of a text that the table replaces, each with what is said instead."""
    found = []
    for pattern, instead in table.items():
        found += [f"{match[0]} -> {instead}" for match in re.finditer(pattern, text, re.IGNORECASE)]
    return found


def find_lonely(zh: str, en: str) -> list[str]:
    """The terms of a Chinese text whose counterpart is missing in its English one."""
    present = {term: counterpart for term, counterpart in PAIRS.items() if re.search(term, zh)}
    return [term for term, counterpart in present.items() if not re.search(counterpart, en, re.IGNORECASE)]
