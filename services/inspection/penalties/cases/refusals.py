"""What the law refuses, each with the article that says so. 行政处罚法 is meant where no other law is named."""

from typing import ClassVar

from shared.domain.refusals import Conflict, Invalid, NotFound

LAW = "《中华人民共和国行政处罚法》"


class CaseNotFound(NotFound):
    """There is no such case, or you may not see it."""

    code = "case-not-found"
    zh = "没有此案件，或不在您的权限范围内。"


class CaseStateRefuses(Conflict):
    """This step is not possible at this point of the case; `state` is its present state."""

    code = "case-state"
    zh = "案件当前状态不允许此操作。"


class CaseOpenAlready(Conflict):
    """There is already a case on this violation."""

    code = "case-open-already"
    zh = "该问题已立案。"


class PartyMissing(Invalid):
    """The violation names no institution, so the case must name the party."""

    code = "party-missing"
    zh = "未指明机构时须写明当事人。"


class ActsReversed(Invalid):
    """The last day of the acts must not be before the first, or in the future."""

    code = "acts-reversed"
    zh = "违法行为的起止日期不正确。"


class ActsAfterFinding(Invalid):
    """The acts must not begin after the day on which they were found."""

    code = "acts-after-finding"
    zh = "违法行为的起始日期不得晚于发现日期。"


class NoPenaltyBasis(Conflict):
    """No case can be filed: the violation names no offence, or the law sets no penalty for it."""

    code = "no-penalty-basis"
    zh = "该违规情形没有处罚依据，不得立案处罚。"


class PaymentExceeds(Invalid):
    """The payment is more than is owed (`owed_fen`)."""

    code = "payment-exceeds"
    zh = "缴款超过应缴金额。"


class MoneyOwed(Conflict):
    """The fine is not fully paid yet."""

    code = "money-owed"
    zh = "罚没款尚未缴清。"


class ExhibitsFull(Conflict):
    """A case has at most 500 exhibits."""

    code = "exhibits-full"
    zh = "案件证据不得超过500件。"


class Unlawful(Conflict):
    """The law does not allow this."""

    code = "unlawful"
    zh = "法律不允许。"
    article: ClassVar[str] = ""

    def __init__(self, *, pointer: str | None = None, **facts: object) -> None:
        super().__init__(pointer=pointer, **({"law": LAW, "article": self.article} | facts))


class RectificationNotOrdered(Unlawful):
    """The party has not been ordered to rectify the violation (article 28)."""

    code = "rectification-not-ordered"
    zh = "未责令当事人改正违法行为（行政处罚法第二十八条）。"
    article = "第二十八条"


class FinedAlready(Unlawful):
    """The party was already fined for this act and cannot be fined for it again (article 29)."""

    code = "fined-already"
    zh = "同一违法行为已给予罚款，不得再次罚款（行政处罚法第二十九条）。"
    article = "第二十九条"


class MustNotPunish(Unlawful):
    """The act was minor, was rectified and did no harm, so it must not be punished (article 33)."""

    code = "must-not-punish"
    zh = "违法行为轻微并及时改正，没有造成危害后果，不予行政处罚（行政处罚法第三十三条）。"
    article = "第三十三条"


class LeniencyUnfounded(Unlawful):
    """The conditions for leniency are not all met (article 33); the facts show each of them."""

    code = "leniency-unfounded"
    zh = "不符合“首违不罚”条件（行政处罚法第三十三条）。"
    article = "第三十三条"


class LimitationPassed(Unlawful):
    """The act was found after the limitation period had ended (article 36)."""

    code = "limitation-passed"
    zh = "违法行为已超过处罚时效（行政处罚法第三十六条）。"
    article = "第三十六条"


class PenaltyUnfounded(Unlawful):
    """The law does not allow this penalty for an act of this gravity, in this amount, or twice (article 38)."""

    code = "penalty-unfounded"
    zh = "法律未对该情节设定此种处罚，没有依据的处罚无效（行政处罚法第三十八条）。"
    article = "第三十八条"


class FineOutOfRange(Unlawful):
    """The fine is outside the range that the law sets."""

    code = "fine-out-of-range"
    zh = "罚款超出法定幅度。"
    article = "法定幅度"


class FactsUnproven(Unlawful):
    """The facts are not proven: the case needs an inquiry and an exhibit (article 40)."""

    code = "facts-unproven"
    zh = "违法事实不清、证据不足，不得给予行政处罚（行政处罚法第四十条）。"
    article = "第四十条"


class OfficersMissing(Unlawful):
    """Two of the officers must be certified (article 42)."""

    code = "officers-missing"
    zh = "须有两名以上持证执法人员（行政处罚法第四十二条）。"
    article = "第四十二条"


class OfficerRecused(Unlawful):
    """An officer who was recused from the case may not take part in it (article 43)."""

    code = "officer-recused"
    zh = "已回避的执法人员不得参与（行政处罚法第四十三条）。"
    article = "第四十三条"


class NoticeMissing(Unlawful):
    """The party must be told the facts, reasons, basis and its rights before the decision (article 44)."""

    code = "notice-missing"
    zh = "决定前未告知当事人拟处罚内容、事实、理由、依据和权利（行政处罚法第四十四条）。"
    article = "第四十四条"


class StatementUnanswered(Unlawful):
    """The decision must answer the party's statement (article 45)."""

    code = "statement-unanswered"
    zh = "未对当事人的陈述、申辩进行复核（行政处罚法第四十五条）。"
    article = "第四十五条"


class HarsherThanNotified(Unlawful):
    """This is harsher than the notice that the party received (article 45)."""

    code = "harsher-than-notified"
    zh = "处罚重于告知内容，不得因申辩加重处罚（行政处罚法第四十五条）。"
    article = "第四十五条"


class OnTheSpotTooMuch(Unlawful):
    """A fine decided on the spot may not exceed `limit_fen` (article 51)."""

    code = "on-the-spot-limit"
    zh = "当场处罚仅限警告，或对公民200元以下、对法人3000元以下罚款（行政处罚法第五十一条）。"
    article = "第五十一条"


class OnTheSpotTooGrave(Unlawful):
    """Only a minor or ordinary act without aggravating circumstances can be decided on the spot (article 51)."""

    code = "on-the-spot-gravity"
    zh = "情节严重的违法行为不得当场处罚，应当适用普通程序（行政处罚法第五十一条）。"
    article = "第五十一条"


class IdentityNotShown(Unlawful):
    """The record does not say that the officers showed their certificates (article 55)."""

    code = "identity-not-shown"
    zh = "没有出示执法证件的记录（行政处罚法第五十五条）。"
    article = "第五十五条"


class PreservedItemsUndecided(Unlawful):
    """Decide first on the items preserved as evidence (article 56)."""

    code = "preserved-items-undecided"
    zh = "先行登记保存的证据尚未处理（行政处罚法第五十六条）。"
    article = "第五十六条"


class CollectiveDecisionMissing(Unlawful):
    """A grave penalty needs a collective decision of those in charge (article 57)."""

    code = "collective-decision-missing"
    zh = "重大处罚须由负责人集体讨论决定（行政处罚法第五十七条）。"
    article = "第五十七条"


class LegalReviewMissing(Unlawful):
    """This decision needs a legal review first (article 58)."""

    code = "legal-review-missing"
    zh = "未经法制审核，不得作出决定（行政处罚法第五十八条）。"
    article = "第五十八条"


class LegalReviewDisagrees(Unlawful):
    """The latest legal review does not agree. A new review must agree before the decision (article 58)."""

    code = "legal-review-disagrees"
    zh = "最近一次法制审核未通过，须重新审核通过后方可作出决定（行政处罚法第五十八条）。"
    article = "第五十八条"


class ReviewerInvolved(Unlawful):
    """An investigator of the case may not review it (article 58)."""

    code = "reviewer-involved"
    zh = "办案人员不得担任本案法制审核人员（行政处罚法第五十八条）。"
    article = "第五十八条"


class SuspensionOver(Unlawful):
    """The last day of the suspension has passed, so it could not be carried out (article 59)."""

    code = "suspension-over"
    zh = "暂扣许可证的截止日期已过，无从履行（行政处罚法第五十九条）。"
    article = "第五十九条"


class DecisionLate(Unlawful):
    """The time limit for the decision has passed (article 60)."""

    code = "decision-late"
    zh = "已超过作出决定的期限（行政处罚法第六十条）。"
    article = "第六十条"


class ExtensionRefused(Unlawful):
    """The time limit can be extended once, before it ends, and at most until `latest` (article 60)."""

    code = "case-extension-refused"
    zh = "办案期限只能在届满前延长一次，且不得超过规定天数（行政处罚法第六十条）。"
    article = "第六十条"


class HearingRightUntold(Unlawful):
    """The notice must tell the party that it may ask for a hearing (article 63)."""

    code = "hearing-right-untold"
    zh = "未告知当事人有要求听证的权利（行政处罚法第六十三条）。"
    article = "第六十三条"


class NoHearingRight(Unlawful):
    """The proposed penalties give no right to a hearing (article 63)."""

    code = "no-hearing-right"
    zh = "拟作出的处罚不属于听证范围（行政处罚法第六十三条）。"
    article = "第六十三条"


class HearingAskedLate(Unlawful):
    """The party must ask for a hearing within five working days of the notice (article 64)."""

    code = "hearing-asked-late"
    zh = "已超过五日的听证申请期限（行政处罚法第六十四条）。"
    article = "第六十四条"


class HearingWindowOpen(Unlawful):
    """The party may still ask for a hearing (article 64)."""

    code = "hearing-window-open"
    zh = "当事人仍可要求听证，期限未届满（行政处罚法第六十四条）。"
    article = "第六十四条"


class HearingNoticeShort(Unlawful):
    """The party must be told of the hearing seven working days before it is held (article 64)."""

    code = "hearing-notice-short"
    zh = "须在举行听证的七日前通知当事人（行政处罚法第六十四条）。"
    article = "第六十四条"


class ChairInvolved(Unlawful):
    """An investigator of the case may not chair its hearing (article 64)."""

    code = "hearing-chair-involved"
    zh = "听证由非本案调查人员主持（行政处罚法第六十四条）。"
    article = "第六十四条"


class HearingNotHeld(Unlawful):
    """The hearing that the party asked for has not been held (articles 63 to 65)."""

    code = "hearing-not-held"
    zh = "当事人要求的听证尚未举行（行政处罚法第六十三条至第六十五条）。"
    article = "第六十五条"


class HearingHeld(Unlawful):
    """The hearing was already held. Decide on the basis of its record (article 65)."""

    code = "hearing-held"
    zh = "听证已举行，笔录不得更改，应当根据听证笔录作出决定（行政处罚法第六十五条）。"
    article = "第六十五条"


class EnforcementEarly(Unlawful):
    """The fine cannot be enforced yet: the time to pay has not passed (article 67)."""

    code = "enforcement-early"
    zh = "缴纳期限尚未届满（行政处罚法第六十七条）。"
    article = "第六十七条"
