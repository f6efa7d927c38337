"""What the law refuses, each with the article that says so. 行政处罚法 is meant where no other law is named."""

from typing import ClassVar

from shared.domain.refusals import Conflict, Invalid, NotFound

LAW = "《中华人民共和国行政处罚法》"


class CaseNotFound(NotFound):
    """There is no such case, or it is not yours to see."""

    code = "case-not-found"
    zh = "没有此案件，或不在您的权限范围内。"


class CaseStateRefuses(Conflict):
    """The case is in a state in which this cannot be done."""

    code = "case-state"
    zh = "案件当前状态不允许此操作。"


class CaseOpenAlready(Conflict):
    """A case about this violation is on file already."""

    code = "case-open-already"
    zh = "该问题已立案。"


class PartyMissing(Invalid):
    """Without an institution, the party must be named."""

    code = "party-missing"
    zh = "未指明机构时须写明当事人。"


class ActsReversed(Invalid):
    """The last day of the acts lies before the first, or in the future."""

    code = "acts-reversed"
    zh = "违法行为的起止日期不正确。"


class ActsAfterFinding(Invalid):
    """The acts begin after the day on which they were found."""

    code = "acts-after-finding"
    zh = "违法行为的起始日期不得晚于发现日期。"


class NoPenaltyBasis(Conflict):
    """The offence, as its version stood, leads to no penalty: without a basis in law there is none."""

    code = "no-penalty-basis"
    zh = "该违规情形没有处罚依据，不得立案处罚。"


class PaymentExceeds(Invalid):
    """That is more than is owed."""

    code = "payment-exceeds"
    zh = "缴款超过应缴金额。"


class MoneyOwed(Conflict):
    """The fine is not paid yet."""

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
    """The party was not ordered to put it right (article 28)."""

    code = "rectification-not-ordered"
    zh = "未责令当事人改正违法行为（行政处罚法第二十八条）。"
    article = "第二十八条"


class FinedAlready(Unlawful):
    """The same act was fined before; nobody is fined twice for it (article 29)."""

    code = "fined-already"
    zh = "同一违法行为已给予罚款，不得再次罚款（行政处罚法第二十九条）。"
    article = "第二十九条"


class MustNotPunish(Unlawful):
    """The act was minor, put right in time and did no harm: it is not punished (article 33)."""

    code = "must-not-punish"
    zh = "违法行为轻微并及时改正，没有造成危害后果，不予行政处罚（行政处罚法第三十三条）。"
    article = "第三十三条"


class LeniencyUnfounded(Unlawful):
    """Leniency needs a first offence with minor harm, put right in time, with nothing aggravating (article 33)."""

    code = "leniency-unfounded"
    zh = "不符合“首违不罚”条件（行政处罚法第三十三条）。"
    article = "第三十三条"


class LimitationPassed(Unlawful):
    """The act was found too long after it ended (article 36)."""

    code = "limitation-passed"
    zh = "违法行为已超过处罚时效（行政处罚法第三十六条）。"
    article = "第三十六条"


class PenaltyUnfounded(Unlawful):
    """The law allows no such penalty for an act as grave as this (article 38)."""

    code = "penalty-unfounded"
    zh = "法律未对该情节设定此种处罚，没有依据的处罚无效（行政处罚法第三十八条）。"
    article = "第三十八条"


class FineOutOfRange(Unlawful):
    """The fine is outside the range the law sets."""

    code = "fine-out-of-range"
    zh = "罚款超出法定幅度。"
    article = "法定幅度"


class FactsUnproven(Unlawful):
    """Nothing proves the facts: no inquiry with evidence was made (article 40)."""

    code = "facts-unproven"
    zh = "违法事实不清、证据不足，不得给予行政处罚（行政处罚法第四十条）。"
    article = "第四十条"


class OfficersMissing(Unlawful):
    """The law wants two certified officers (article 42)."""

    code = "officers-missing"
    zh = "须有两名以上持证执法人员（行政处罚法第四十二条）。"
    article = "第四十二条"


class OfficerRecused(Unlawful):
    """An officer who was recused may take no part (article 43)."""

    code = "officer-recused"
    zh = "已回避的执法人员不得参与（行政处罚法第四十三条）。"
    article = "第四十三条"


class NoticeMissing(Unlawful):
    """The party was not told facts, reasons, basis and its rights before the decision (article 44)."""

    code = "notice-missing"
    zh = "决定前未告知当事人拟处罚内容、事实、理由、依据和权利（行政处罚法第四十四条）。"
    article = "第四十四条"


class StatementUnanswered(Unlawful):
    """The party's statement was not considered (article 45)."""

    code = "statement-unanswered"
    zh = "未对当事人的陈述、申辩进行复核（行政处罚法第四十五条）。"
    article = "第四十五条"


class HarsherThanNotified(Unlawful):
    """The decision is harsher than what the party was told (article 45)."""

    code = "harsher-than-notified"
    zh = "处罚重于告知内容，不得因申辩加重处罚（行政处罚法第四十五条）。"
    article = "第四十五条"


class OnTheSpotTooMuch(Unlawful):
    """On the spot only a warning, or a small fine, may be decided (article 51)."""

    code = "on-the-spot-limit"
    zh = "当场处罚仅限警告，或对公民200元以下、对法人3000元以下罚款（行政处罚法第五十一条）。"
    article = "第五十一条"


class OnTheSpotTooGrave(Unlawful):
    """Only minor and ordinary acts are decided on the spot (article 51)."""

    code = "on-the-spot-gravity"
    zh = "情节严重的违法行为不得当场处罚，应当适用普通程序（行政处罚法第五十一条）。"
    article = "第五十一条"


class IdentityNotShown(Unlawful):
    """It is not on record that the officers showed their certificates (article 55)."""

    code = "identity-not-shown"
    zh = "没有出示执法证件的记录（行政处罚法第五十五条）。"
    article = "第五十五条"


class PreservedItemsUndecided(Unlawful):
    """Items preserved as evidence must be decided on (article 56)."""

    code = "preserved-items-undecided"
    zh = "先行登记保存的证据尚未处理（行政处罚法第五十六条）。"
    article = "第五十六条"


class CollectiveDecisionMissing(Unlawful):
    """A grave penalty is decided by those in charge together (article 57)."""

    code = "collective-decision-missing"
    zh = "重大处罚须由负责人集体讨论决定（行政处罚法第五十七条）。"
    article = "第五十七条"


class LegalReviewMissing(Unlawful):
    """This decision needs a legal review before it is made (article 58)."""

    code = "legal-review-missing"
    zh = "未经法制审核，不得作出决定（行政处罚法第五十八条）。"
    article = "第五十八条"


class LegalReviewDisagrees(Unlawful):
    """The latest legal review does not agree; a new one has to (article 58)."""

    code = "legal-review-disagrees"
    zh = "最近一次法制审核未通过，须重新审核通过后方可作出决定（行政处罚法第五十八条）。"
    article = "第五十八条"


class ReviewerInvolved(Unlawful):
    """Who investigates does not review (article 58)."""

    code = "reviewer-involved"
    zh = "办案人员不得担任本案法制审核人员（行政处罚法第五十八条）。"
    article = "第五十八条"


class SuspensionOver(Unlawful):
    """The last day of the suspension has passed: there would be nothing left to carry out (article 59)."""

    code = "suspension-over"
    zh = "暂扣许可证的截止日期已过，无从履行（行政处罚法第五十九条）。"
    article = "第五十九条"


class DecisionLate(Unlawful):
    """The time for a decision has passed (article 60)."""

    code = "decision-late"
    zh = "已超过作出决定的期限（行政处罚法第六十条）。"
    article = "第六十条"


class ExtensionRefused(Unlawful):
    """The time is extended once, before it ends, by at most the days allowed (article 60)."""

    code = "case-extension-refused"
    zh = "办案期限只能在届满前延长一次，且不得超过规定天数（行政处罚法第六十条）。"
    article = "第六十条"


class HearingRightUntold(Unlawful):
    """The party was not told that it may ask for a hearing (article 63)."""

    code = "hearing-right-untold"
    zh = "未告知当事人有要求听证的权利（行政处罚法第六十三条）。"
    article = "第六十三条"


class NoHearingRight(Unlawful):
    """Penalties like these give no right to a hearing (article 63)."""

    code = "no-hearing-right"
    zh = "拟作出的处罚不属于听证范围（行政处罚法第六十三条）。"
    article = "第六十三条"


class HearingAskedLate(Unlawful):
    """A hearing is asked for within five working days of the notice (article 64)."""

    code = "hearing-asked-late"
    zh = "已超过五日的听证申请期限（行政处罚法第六十四条）。"
    article = "第六十四条"


class HearingWindowOpen(Unlawful):
    """The party may still ask for a hearing (article 64)."""

    code = "hearing-window-open"
    zh = "当事人仍可要求听证，期限未届满（行政处罚法第六十四条）。"
    article = "第六十四条"


class HearingNoticeShort(Unlawful):
    """The party is told of the hearing seven working days before it (article 64)."""

    code = "hearing-notice-short"
    zh = "须在举行听证的七日前通知当事人（行政处罚法第六十四条）。"
    article = "第六十四条"


class ChairInvolved(Unlawful):
    """Who investigates does not chair the hearing (article 64)."""

    code = "hearing-chair-involved"
    zh = "听证由非本案调查人员主持（行政处罚法第六十四条）。"
    article = "第六十四条"


class HearingNotHeld(Unlawful):
    """The hearing that was asked for was not held (articles 63 to 65)."""

    code = "hearing-not-held"
    zh = "当事人要求的听证尚未举行（行政处罚法第六十三条至第六十五条）。"
    article = "第六十五条"


class HearingHeld(Unlawful):
    """The hearing was held; its record stands, and the decision follows it (article 65)."""

    code = "hearing-held"
    zh = "听证已举行，笔录不得更改，应当根据听证笔录作出决定（行政处罚法第六十五条）。"
    article = "第六十五条"


class EnforcementEarly(Unlawful):
    """The time to pay has not passed yet (article 67)."""

    code = "enforcement-early"
    zh = "缴纳期限尚未届满（行政处罚法第六十七条）。"
    article = "第六十七条"
