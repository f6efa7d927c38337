"""Who may teach what, where and until when: applications, permits, institutions that become another kind."""
