"""What a merger refuses."""

from shared.domain.refusals import Conflict, Invalid


class MergeIntoItself(Invalid):
    """An institution cannot be merged into itself."""

    code = "merge-into-itself"
    zh = "不能并入自身。"


class MergedHasPermit(Conflict):
    """The institution that would end still has a permit. Merge in the other direction."""

    code = "merged-has-permit"
    zh = "拟并入的条目有有效许可证，请反向合并。"
