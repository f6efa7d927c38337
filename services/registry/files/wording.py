"""What happened, in the words of the printed file. A type without a title is shown by its own name."""

from collections.abc import Mapping
from typing import Any, Final

TITLES: Final[Mapping[str, str]] = {
    "registry.institution.registered.v1": "登记入台账",
    "registry.institution.changed.v1": "台账信息变更",
    "registry.institution.merged.v1": "并入其他档案",
    "registry.application.drafted.v1": "起草办学许可申请",
    "registry.application.changed.v1": "修改申请",
    "registry.application.submitted.v1": "提交申请",
    "registry.application.returned.v1": "一次告知补正",
    "registry.application.accepted.v1": "受理申请",
    "registry.application.extended.v1": "延长办理期限",
    "registry.application.site_visit_requested.v1": "要求现场核查",
    "registry.application.site_visit_concluded.v1": "现场核查结束",
    "registry.application.granted.v1": "准予许可",
    "registry.application.refused.v1": "不予许可",
    "registry.application.withdrawn.v1": "撤回申请",
    "registry.permit.granted.v1": "颁发办学许可证",
    "registry.permit.recorded.v1": "录入既有许可证",
    "registry.permit.suspended.v1": "暂停许可",
    "registry.permit.reinstated.v1": "恢复许可",
    "registry.permit.revoked.v1": "吊销许可证",
    "registry.permit.renewed.v1": "许可证延续",
    "registry.permit.cancelled.v1": "许可证注销",
    "registry.transformation.started.v1": "开始转型",
    "registry.transformation.step_done.v1": "完成转型步骤",
    "registry.transformation.completed.v1": "转型完成",
    "registry.transformation.abandoned.v1": "终止转型",
    "registry.commitment.signed.v1": "签署规范办学承诺",
    "registry.commitment.breached.v1": "违反承诺",
    "registry.advertisement.found.v1": "发现培训广告",
    "registry.advertisement.identified.v1": "确认广告归属",
    "registry.advertisement.removal_ordered.v1": "责令拆除广告",
    "registry.advertisement.removed.v1": "广告已清除",
    "registry.advertisement.verified.v1": "核查广告清除",
    "registry.notice.published.v1": "收到通报",
    "registry.notice.confirmed.v1": "确认收到通报",
    "registry.stop_order.issued.v1": "收到停课令",
    "registry.stop_order.acknowledged.v1": "签收停课令",
    "registry.stop_order.verified.v1": "停课核查",
    "registry.responsibility.assigned.v1": "确定责任人",
    "inspection.target.placed.v1": "划入网格",
    "inspection.campaign.target_closed.v1": "排查对象办结",
    "inspection.visit.planned.v1": "安排检查",
    "inspection.visit.started.v1": "到场检查",
    "inspection.visit.submitted.v1": "提交检查结果",
    "inspection.visit.recorded.v1": "录入既往检查",
    "inspection.visit.reviewed.v1": "复核检查",
    "inspection.visit.called_off.v1": "取消检查",
    "inspection.violation.reported.v1": "发现问题",
    "inspection.violation.rectification_ordered.v1": "责令整改",
    "inspection.violation.extended.v1": "延长整改期限",
    "inspection.violation.rectified.v1": "提交整改",
    "inspection.violation.verified.v1": "核查整改",
    "inspection.case.filed.v1": "行政处罚立案",
    "inspection.case.step_taken.v1": "办理行政处罚案件",
    "inspection.case.notified.v1": "行政处罚告知",
    "inspection.case.decided.v1": "作出行政处罚决定",
    "inspection.case.dropped.v1": "不予处罚或撤案",
    "inspection.case.served.v1": "送达处罚决定",
    "inspection.case.paid.v1": "缴纳罚没款",
    "inspection.case.closed.v1": "行政处罚结案",
    "registry.proposal.received.v1": "收到处理建议",
    "registry.proposal.accepted.v1": "采纳处理建议",
    "registry.proposal.dismissed.v1": "不采纳处理建议",
}

ENTRY: Final[Mapping[str, str]] = {
    "permit_no": "办学许可证号",
    "status": "状态",
    "kind": "类别",
    "mode": "方式",
    "profit": "性质",
    "stages": "学段",
    "district": "区县",
    "street": "街道",
    "address": "地址",
    "legal_representative": "法定代表人",
    "phone": "电话",
    "capacity": "核定人数",
}
"""The fields of an entry that a file begins with."""

_FIELDS: Final[Mapping[str, str]] = {
    **ENTRY, "name": "名称", "uscc": "统一社会信用代码", "lon": "经度", "lat": "纬度", "external_ref": "外部编号"
}  # fmt: skip

_WORDS: Final[Mapping[str, str]] = {
    "subject": "学科类",
    "non_subject": "非学科类",
    "offline": "线下",
    "online": "线上",
    "both": "线上线下",
    "for_profit": "营利性",
    "non_profit": "非营利性",
    "preschool": "学前",
    "primary": "小学",
    "junior": "初中",
    "senior": "高中",
    "applying": "申请中",
    "active": "正常",
    "suspended": "停业",
    "closed": "关闭",
    "unlicensed": "无证",
    "merged": "已并入其他档案",
    "closure": "终止办学",
    "new_permit": "设立",
    "inspected": "已检查",
    "closed_door": "无人应门",
    "moved": "已迁址",
    "duplicate": "重复",
    "newly_found": "新发现",
    "warning": "警告",
    "criticism": "通报批评",
    "fine": "罚款",
    "confiscation": "没收违法所得",
    "enrolment_stop": "停止招生",
    "suspension": "暂扣许可证",
    "revocation": "吊销许可证",
    "notice": "通报",
    "filed": "立案",
    "investigating": "调查中",
    "legal_review": "法制审核",
    "notified": "已告知",
    "hearing": "听证",
    "decided": "已决定",
    "served": "已送达",
    "paid": "已缴纳",
    "enforced": "已执行",
    "withdrawn": "撤案",
    "not_punished": "不予处罚",
    "leniency": "首违不罚",
    "low": "低",
    "moderate": "中",
    "high": "高",
    "stopped": "已停课",
    "operating": "仍在开课",
    "unclear": "不明",
    "district_officer": "区县责任人",
    "street_officer": "街道（社区）责任人",
    "industry_department": "行业主管部门",
    "education": "教育",
    "culture_tourism": "文化和旅游",
    "science_technology": "科技",
    "sports": "体育",
    "leaflet": "传单",
    "poster": "海报",
    "billboard": "户外广告牌",
    "broadcast": "广播电视",
    "print": "报刊",
    "vehicle": "车身",
    "school": "校内",
    "other": "其他",
}
"""Our words for states and kinds, as people read them."""

_TELLING: Final[Mapping[str, str]] = {
    "number": "编号",
    "title": "标题",
    "matter": "事项",
    "kind": "类别",
    "state": "状态",
    "missing": "补正材料",
    "grounds": "理由",
    "cause": "原因",
    "legal_basis": "依据",
    "valid_from": "有效期起",
    "valid_to": "有效期止",
    "suspended_until": "暂停至",
    "target": "目标",
    "step": "步骤",
    "text_number": "承诺书版本",
    "medium": "媒介",
    "place": "地点",
    "due_on": "期限",
    "requirement": "要求",
    "statement": "说明",
    "outcome": "结果",
    "passed": "是否通过",
    "holds": "是否通过核查",
    "result": "核查结论",
    "score": "得分",
    "severity": "严重程度",
    "penalties": "处罚种类",
    "description": "情况",
    "role": "责任",
    "officer": "责任人",
    "department": "部门",
    "grid": "网格",
    "first_day": "自",
    "last_day": "至",
    "acknowledge_by": "签收期限",
    "confirm_by": "确认期限",
    "note": "备注",
}


def title(event_type: str) -> str:
    """What happened, in Chinese."""
    return TITLES.get(event_type, event_type)


def details(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a fact says besides where it belongs, as label and text; of a change, what is new."""
    changed = facts.get("changed") or []
    told = {name: label for name, label in _FIELDS.items() if name in changed}
    told |= {name: label for name, label in _TELLING.items() if not changed}
    return [(label, words) for name, label in told.items() if (words := in_words(facts.get(name)))]


def in_words(value: Any) -> str:
    """A value as people read it; nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return "、".join(_WORDS.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value]))
