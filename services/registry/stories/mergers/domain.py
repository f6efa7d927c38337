"""What a merger refuses."""

from shared.domain.refusals import Conflict, Invalid


class MergeIntoItself(Invalid):
    """An entry cannot be merged into itself."""

    code = "merge-into-itself"
    zh = "不能并入自身。"


class MergedHasPermit(Conflict):
    """The entry that would end has a permit in force: merge the other way round."""

    code = "merged-has-permit"
    zh = "拟并入的条目有有效许可证，请反向合并。"
