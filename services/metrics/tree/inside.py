"""The wing inside schools: teaching quality, homework management, after-school service."""

from typing import Final

from services.metrics.projections.domain import Mark
from services.metrics.tree.domain import Branch, Direction, Indicator, Office, Selection, Unit, Words, of_the_report

_MORE, _LESS = Direction.MORE, Direction.LESS
_BASIC, _TEACHERS, _FINANCE = Office.BASIC_EDUCATION, Office.TEACHERS, Office.FINANCE
_TEACHING, _HOMEWORK, _SERVICE = "inside.teaching", "inside.homework", "inside.afterschool"

INSIDE: Final = (
    Branch("inside", "校内“3+X”工作法", "Inside schools: 3+X", None),
    Branch(_TEACHING, "教学质量", "Teaching quality", "inside"),
    Branch(_HOMEWORK, "作业管理", "Homework management", "inside"),
    Branch(_SERVICE, "课后服务", "After-school service", "inside"),
    Branch("inside.x", "X：特色项目", "X: programmes", "inside"),
)

_SCHOOLS = Selection("school", "义务教育学校", "registered schools of compulsory education", states=("active",))
_SERVING = Selection(
    "school",
    "开设过课后服务课程的学校",
    "registered schools that have published an after-school offering",
    states=("active",),
    mark=Mark.SERVING,
)
_ENROLMENTS = Selection("enrolment", "课程报名", "enrolments with a seat", states=("enrolled",))
_WISHES = Selection("wish", "家庭表达的意愿", "wishes that families recorded")
_WANTED = Selection("wish", "希望参加课后服务的意愿", "wishes for after-school service", states=("wanted",))
_HELD = Selection("session", "已上课的课次", "sessions that were held", states=("held",))
_TAKEN = Selection("session", "已记考勤的课次", "sessions with attendance", states=("held", "not_held"))
_EXPECTED = Selection("attendance", "已记考勤的学生人次", "children whose attendance was taken", sums_amounts=True)
_PRESENT = Selection("attended", "到课的学生人次", "children who were there", sums_amounts=True)
_DAYS = Selection("homework_day", "已申报作业的班级日", "days of classes whose homework was declared")
_DECLARATIONS = Selection(
    "declaration",
    "有效的五项管理申报",
    "declarations that were not withdrawn",
    states=("declared", "signed", "drawn", "confirmed", "refuted"),
)
_VERIFIED = Selection(
    "declaration", "已抽样核验的申报", "declarations that were verified", states=("confirmed", "refuted")
)
_CONFIRMED = Selection(
    "declaration", "核验属实的申报", "declarations that verification confirmed", states=("confirmed",)
)

_TEACHING_INDICATORS: Final = (
    Indicator("schools.total", "义务教育学校", "Schools", _TEACHING, _BASIC, _SCHOOLS),
    Indicator(
        "classes.formed",
        "班级",
        "Classes formed",
        _TEACHING,
        _BASIC,
        Selection("class", "组建的班级", "classes formed"),
    ),
    Indicator(
        "students.roll",
        "在籍学生",
        "Pupils on the roll",
        _TEACHING,
        _BASIC,
        Selection("student", "按学籍在校的学生", "pupils who belong to a class by the roster", states=("on_roll",)),
        target=of_the_report(196_659),
        public=True,
    ),
    Indicator(
        "students.reported",
        "学生（经费口径）",
        "Pupils, by the finance paragraph",
        _TEACHING,
        _FINANCE,
        reported=Words("经费口径的学生人数", "the number of children of which the finance paragraph speaks"),
        target=of_the_report(205_000),
    ),
    Indicator(
        "teachers.total",
        "教师",
        "Teachers",
        _TEACHING,
        _TEACHERS,
        Selection("teacher", "在校教师", "teachers who belong to a school", states=("active",)),
        target=of_the_report(14_510),
        public=True,
    ),
    Indicator(
        "teachers.reported",
        "教师（经费口径）",
        "Teachers, by the finance paragraph",
        _TEACHING,
        _FINANCE,
        reported=Words("经费口径的教师人数", "the number of teachers of which the finance paragraph speaks"),
        target=of_the_report(17_900),
    ),
    Indicator(
        "managements.declared",
        "五项管理申报",
        "Declarations of the five managements",
        _TEACHING,
        _BASIC,
        _DECLARATIONS,
        direction=_MORE,
    ),
    *(
        Indicator(
            f"managements.{management}",
            f"{zh}管理申报",
            f"Declarations: {en}",
            _TEACHING,
            _BASIC,
            Selection(
                "declaration",
                f"有效的{zh}管理申报",
                f"declarations about {en} that were not withdrawn",
                states=_DECLARATIONS.states,
                kinds=(management,),
            ),
            direction=_MORE,
        )
        for management, zh, en in (
            ("homework", "作业", "homework"),
            ("sleep", "睡眠", "sleep"),
            ("phones", "手机", "mobile phones"),
            ("reading", "读物", "reading material"),
            ("fitness", "体质", "physical fitness"),
        )
    ),
    Indicator("managements.verified", "五项管理核验", "Declarations verified", _TEACHING, _BASIC, _VERIFIED),
    Indicator(
        "managements.confirmed_share",
        "五项管理核验属实率",
        "Share of declarations confirmed",
        _TEACHING,
        _BASIC,
        _CONFIRMED,
        _VERIFIED,
        direction=_MORE,
    ),
    Indicator(
        "shortfalls.open",
        "五项管理未达标待整改",
        "Open shortfalls",
        _TEACHING,
        _BASIC,
        Selection("shortfall", "待整改的五项管理不达标", "shortfalls that were not made good", states=("open",)),
        direction=_LESS,
    ),
    Indicator(
        "shortfalls.closed",
        "五项管理已整改",
        "Shortfalls made good",
        _TEACHING,
        _BASIC,
        Selection(
            "shortfall", "已整改的五项管理不达标", "shortfalls that were made good", states=("closed", "closed_late")
        ),
        direction=_MORE,
    ),
)

_HOMEWORK_INDICATORS: Final = (
    Indicator("homework.days", "申报作业的班级日", "Class-days declared", _HOMEWORK, _BASIC, _DAYS, direction=_MORE),
    Indicator(
        "homework.written_minutes",
        "书面作业总时长",
        "Written homework",
        _HOMEWORK,
        _BASIC,
        Selection("homework_day", "申报的书面作业", "written homework declared", sums_amounts=True),
        counts=Unit.MINUTES,
    ),
    Indicator(
        "homework.average_minutes",
        "班级日均书面作业",
        "Written homework per class and day",
        _HOMEWORK,
        _BASIC,
        Selection(
            "homework_day", "申报的书面作业分钟数", "the minutes of written homework declared", sums_amounts=True
        ),
        _DAYS,
        average=True,
        counts=Unit.MINUTES,
        direction=_LESS,
    ),
    *(
        Indicator(
            f"homework.average_minutes_{stage}",
            f"{zh}日均书面作业",
            f"Written homework per class and day: {en}",
            _HOMEWORK,
            _BASIC,
            Selection(
                "homework_day",
                f"{zh}申报的书面作业分钟数",
                f"the minutes of written homework declared in {en}",
                kinds=grades,
                sums_amounts=True,
            ),
            Selection(
                "homework_day",
                f"{zh}已申报作业的班级日",
                f"days of classes of {en} whose homework was declared",
                kinds=grades,
            ),
            average=True,
            counts=Unit.MINUTES,
            direction=_LESS,
        )
        for stage, zh, en, grades in (
            ("lower", "一至二年级", "grades 1 and 2", ("1", "2")),
            ("upper", "三至六年级", "grades 3 to 6", ("3", "4", "5", "6")),
            ("junior", "初中", "junior high", ("7", "8", "9")),
        )
    ),
    Indicator(
        "homework.other_minutes",
        "非书面作业总时长",
        "Homework that is not written",
        _HOMEWORK,
        _BASIC,
        Selection("homework_unwritten", "申报的非书面作业", "homework declared that is not written", sums_amounts=True),
        counts=Unit.MINUTES,
    ),
)

_SERVICE_INDICATORS: Final = (
    Indicator(
        "catalogue.items",
        "课后服务项目",
        "Catalogue items in force",
        _SERVICE,
        _BASIC,
        Selection(
            "catalogue_item",
            "现行的课后服务项目",
            "catalogue items that were enacted and have no last day",
            states=("enacted",),
        ),
        target=of_the_report(22),
        public=True,
    ),
    Indicator(
        "schools.serving",
        "开展课后服务的学校",
        "Schools with after-school offerings",
        _SERVICE,
        _BASIC,
        _SERVING,
        direction=_MORE,
    ),
    Indicator(
        "schools.serving_share",
        "课后服务学校覆盖率",
        "Share of schools with after-school offerings",
        _SERVICE,
        _BASIC,
        _SERVING,
        _SCHOOLS,
        direction=_MORE,
        target=of_the_report(1),
        public=True,
    ),
    Indicator(
        "afterschool.offerings",
        "开设课程",
        "Offerings",
        _SERVICE,
        _BASIC,
        Selection("offering", "开设的课程", "offerings published"),
    ),
    Indicator(
        "afterschool.frozen",
        "停止报名的课程",
        "Frozen offerings",
        _SERVICE,
        _BASIC,
        Selection("offering", "停止报名的课程", "offerings whose enrolment is stopped", states=("frozen",)),
        direction=_LESS,
    ),
    Indicator(
        "afterschool.places",
        "课程学位",
        "Places offered",
        _SERVICE,
        _BASIC,
        Selection("offering", "开设的课程", "published offerings", sums_amounts=True),
        counts=Unit.PLACES,
    ),
    Indicator("afterschool.enrolled", "参加课后服务人次", "Enrolments", _SERVICE, _BASIC, _ENROLMENTS, direction=_MORE),
    Indicator(
        "afterschool.waiting",
        "候补人次",
        "On waiting lists",
        _SERVICE,
        _BASIC,
        Selection(
            "enrolment",
            "候补的报名",
            "enrolments on a waiting list, passed over or not",
            states=("waiting", "passed_over"),
        ),
        rule_version=2,
        direction=_LESS,
    ),
    Indicator(
        "afterschool.offered",
        "待确认学位人次",
        "Seats offered, not yet accepted",
        _SERVICE,
        _BASIC,
        Selection("enrolment", "待家庭确认学位的报名", "enrolments with a seat on offer", states=("offered",)),
    ),
    Indicator(
        "afterschool.withdrawn",
        "退课人次",
        "Enrolments withdrawn",
        _SERVICE,
        _BASIC,
        Selection("enrolment", "已结束的报名", "enrolments that ended", states=("withdrawn",)),
    ),
    Indicator("wishes.wanted", "希望参加课后服务", "Wishes for after-school service", _SERVICE, _BASIC, _WANTED),
    Indicator("wishes.wanted_share", "参加意愿率", "Share of families who want it", _SERVICE, _BASIC, _WANTED, _WISHES),
    Indicator(
        "sessions.planned",
        "排定课次",
        "Sessions planned",
        _SERVICE,
        _BASIC,
        Selection("session_plan", "按课表排定的课次", "sessions planned from the timetable", sums_amounts=True),
    ),
    Indicator(
        "sessions.cancelled",
        "取消课次",
        "Sessions cancelled",
        _SERVICE,
        _BASIC,
        Selection("session", "取消的课次", "sessions that are cancelled", states=("cancelled",)),
        direction=_LESS,
    ),
    Indicator("sessions.held", "已上课次", "Sessions held", _SERVICE, _BASIC, _HELD, direction=_MORE),
    Indicator(
        "sessions.held_share", "课次落实率", "Share of sessions held", _SERVICE, _BASIC, _HELD, _TAKEN, direction=_MORE
    ),
    Indicator(
        "attendance.present",
        "到课人次",
        "Children who attended",
        _SERVICE,
        _BASIC,
        _PRESENT,
        counts=Unit.PEOPLE,
        direction=_MORE,
    ),
    Indicator(
        "attendance.present_share",
        "到课率",
        "Share of children who attended",
        _SERVICE,
        _BASIC,
        _PRESENT,
        _EXPECTED,
        direction=_MORE,
    ),
    *(
        Indicator(
            f"satisfaction.{audience}s",
            f"{zh}满意度",
            f"Satisfaction of {audience}s",
            _SERVICE,
            _BASIC,
            Selection(
                "survey_favourable",
                f"{zh}的满意回答",
                f"favourable answers of {audience}s in published results",
                kinds=(audience,),
                sums_amounts=True,
                by_level=True,
            ),
            Selection(
                "survey_answers",
                f"{zh}对满意度问题的回答",
                f"answers of {audience}s to items about satisfaction",
                kinds=(audience,),
                sums_amounts=True,
                by_level=True,
            ),
            direction=_MORE,
            target=of_the_report(figure),
            public=True,
        )
        for audience, zh, figure in (("student", "学生", 0.9774), ("guardian", "家长", 0.979))
    ),
    Indicator(
        "providers.listed",
        "白名单机构",
        "Providers on white lists",
        _SERVICE,
        _BASIC,
        Selection("listing", "白名单上的机构", "entries of the white lists of counties", states=("listed",)),
    ),
    Indicator(
        "subsidies.posted",
        "已下达补助",
        "Subsidies posted",
        _SERVICE,
        _FINANCE,
        Selection("subsidy_run", "已锁定核算的补助", "subsidies of locked runs", states=("locked",), sums_amounts=True),
        counts=Unit.FEN,
        target=of_the_report(3_000_000_000),
        public=True,
    ),
    Indicator(
        "subsidies.runs",
        "补助核算批次",
        "Subsidy runs locked",
        _SERVICE,
        _FINANCE,
        Selection("subsidy_run", "已锁定的补助核算", "subsidy runs that were locked", states=("locked",)),
    ),
    *(
        Indicator(
            f"fees.{state}",
            f"课后服务{zh}",
            f"Fees {state}",
            _SERVICE,
            _FINANCE,
            Selection(
                "fee_entry",
                f"学校{zh}的课后服务费",
                f"fees that schools {state}",
                states=(state,),
                sums_amounts=True,
            ),
            counts=Unit.FEN,
        )
        for state, zh in (("collected", "收费"), ("refunded", "退费"))
    ),
    Indicator(
        "fees.waivers",
        "费用减免",
        "Fee waivers",
        _SERVICE,
        _FINANCE,
        Selection("fee_waiver", "批准的费用减免", "fee waivers granted, ended or not", states=("granted", "ended")),
    ),
)

INSIDE_INDICATORS: Final = (*_TEACHING_INDICATORS, *_HOMEWORK_INDICATORS, *_SERVICE_INDICATORS)
