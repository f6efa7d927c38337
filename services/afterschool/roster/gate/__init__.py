"""The one door to a child's identity: purpose, consent, scope and approval are checked, and every read is logged.

The rules: 未成年人网络保护条例 art. 36 (least access, approval and a record of every staff access) and
个人信息保护法 art. 31 (consent of a guardian for a child under 14).
"""
