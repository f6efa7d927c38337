"""Who may do what: the decision, one line per operation. `test_matrix.py` holds the services to it.

yes   allowed, whatever the scope of the token
own   allowed in scope; the object does not exist (404) for people of other districts, teams, schools, institutions
home  allowed in scope; refused with 403 elsewhere, because the caller names a place that is not his
list  allowed; the list holds the object in scope, and nothing of it for anybody else
403   another role's work        401   without a token

An operation that is open without a token is open to everybody: a token changes nothing about it.
"""

ROLES = (
    "bureau", "district_officer", "inspector", "operator", "school_staff", "guardian", "auditor", "service", "anonymous"
)  # fmt: skip

_TABLE = """
                                       bureau officer insp. oper. staff guard. audit. serv. anon.

registry.register_institution          yes    home    403   403   403   403    403    yes   401
registry.list_institutions             yes    list    list  list  403   403    yes    yes   401
registry.get_institution               yes    own     own   own   403   403    yes    yes   401
registry.change_institution            yes    own     403   403   403   403    403    yes   401
registry.get_institution_history       yes    own     own   own   403   403    yes    yes   401
registry.get_institution_file          yes    own     own   own   403   403    yes    yes   401
registry.print_institution_file        yes    own     own   own   403   403    yes    yes   401
registry.export_ledger                 yes    list    403   403   403   403    yes    yes   401
registry.start_import                  yes    yes     403   403   403   403    403    yes   401
registry.get_import                    yes    own     403   403   403   403    yes    yes   401
registry.cancel_import                 yes    own     403   403   403   403    403    yes   401
registry.list_import_rows              yes    own     403   403   403   403    yes    yes   401

registry.enact_procedure               yes    403     403   403   403   403    403    403   401
registry.list_procedures               yes    yes     yes   yes   403   403    yes    yes   401
registry.get_procedure                 yes    yes     yes   yes   403   403    yes    yes   401
registry.withdraw_procedure            yes    403     403   403   403   403    403    403   401
registry.draft_application             yes    own     403   own   403   403    403    403   401
registry.list_applications             yes    list    403   list  403   403    yes    yes   401
registry.get_application               yes    own     403   own   403   403    yes    yes   401
registry.change_application            yes    own     403   own   403   403    403    403   401
registry.submit_application            yes    own     403   own   403   403    403    403   401
registry.return_application            yes    own     403   403   403   403    403    403   401
registry.accept_application            yes    own     403   403   403   403    403    403   401
registry.request_site_visit            yes    own     403   403   403   403    403    403   401
registry.extend_application            yes    own     403   403   403   403    403    403   401
registry.decide_application            yes    own     403   403   403   403    403    403   401
registry.withdraw_application          yes    own     403   own   403   403    403    403   401

registry.list_permits                  yes    list    list  list  403   403    yes    yes   401
registry.get_permit                    yes    own     own   own   403   403    yes    yes   401
registry.suspend_permit                yes    403     403   403   403   403    403    403   401
registry.reinstate_permit              yes    403     403   403   403   403    403    403   401
registry.revoke_permit                 yes    403     403   403   403   403    403    403   401
registry.renew_permit                  yes    403     403   403   403   403    403    403   401
registry.cancel_permit                 yes    own     403   403   403   403    403    403   401
registry.list_transformations          yes    list    list  list  403   403    yes    yes   401
registry.start_transformation          yes    own     403   403   403   403    403    403   401
registry.list_transformations_of       yes    own     own   own   403   403    yes    yes   401
registry.finish_step                   yes    own     403   403   403   403    403    403   401
registry.complete_transformation       yes    own     403   403   403   403    403    403   401
registry.abandon_transformation        yes    own     403   403   403   403    403    403   401

registry.get_calendar                  yes    yes     yes   yes   yes   yes    yes    yes   401
registry.publish_calendar_year         yes    403     403   403   403   403    403    403   401
registry.correct_calendar_day          yes    403     403   403   403   403    403    403   401
registry.set_school_term               yes    403     403   403   403   403    403    403   401
registry.list_school_terms             yes    yes     yes   yes   yes   yes    yes    yes   401
registry.get_school_term               yes    yes     yes   yes   yes   yes    yes    yes   401
registry.reset_school_term             yes    403     403   403   403   403    403    403   401
registry.withdraw_school_term          yes    403     403   403   403   403    403    403   401
registry.list_rules                    yes    yes     yes   yes   yes   yes    yes    yes   401
registry.get_rule                      yes    yes     yes   yes   yes   yes    yes    yes   401
registry.enact_rule                    yes    403     403   403   403   403    403    403   401
registry.repeal_rule                   yes    403     403   403   403   403    403    403   401
registry.withdraw_rule                 yes    403     403   403   403   403    403    403   401
registry.check_plan                    yes    yes     yes   yes   yes   yes    yes    yes   401

registry.publish_notice                yes    home    403   403   403   403    403    403   401
registry.list_notices                  yes    list    list  list  403   403    yes    yes   401
registry.get_notice                    yes    own     own   own   403   403    yes    yes   401
registry.confirm_notice                403    403     403   own   403   403    403    403   401
registry.list_notice_receipts          yes    own     own   own   403   403    yes    yes   401
registry.record_notice_confirmation    yes    own     403   403   403   403    403    403   401
registry.issue_stop_order              yes    home    403   403   403   403    403    403   401
registry.list_stop_orders              yes    list    list  list  403   403    yes    yes   401
registry.get_stop_order                yes    own     own   own   403   403    yes    yes   401
registry.list_stop_order_recipients    yes    own     own   own   403   403    yes    yes   401
registry.acknowledge_stop_order        403    403     403   own   403   403    403    403   401
registry.cancel_stop_order             yes    own     403   403   403   403    403    403   401
registry.reissue_stop_order            yes    own     403   403   403   403    403    403   401
registry.confirm_stop_order            yes    own     403   403   403   403    403    403   401
registry.list_stop_order_checks        yes    own     own   own   403   403    yes    yes   401
registry.record_stop_order_acknowledgement yes own    403   403   403   403    403    403   401
registry.record_stop_order_rectification yes  own     403   403   403   403    403    403   401

registry.list_commitment_texts         yes    yes     yes   yes   403   403    yes    yes   401
registry.get_commitment_text           yes    yes     yes   yes   403   403    yes    yes   401
registry.publish_commitment_text       yes    403     403   403   403   403    403    403   401
registry.withdraw_commitment_text      yes    403     403   403   403   403    403    403   401
registry.sign_commitment               yes    own     403   own   403   403    403    403   401
registry.list_commitments              yes    own     own   own   403   403    yes    yes   401
registry.record_commitment_breach      yes    own     403   403   403   403    403    403   401
registry.count_commitments             yes    list    list  list  403   403    yes    yes   401
registry.find_advertisement            yes    home    home  403   403   403    403    403   401
registry.list_advertisements           yes    list    list  list  403   403    yes    yes   401
registry.list_repeat_offenders         yes    list    list  list  403   403    yes    yes   401
registry.get_advertisement             yes    own     own   own   403   403    yes    yes   401
registry.identify_advertisement        yes    own     own   403   403   403    403    403   401
registry.order_advertisement_removal   yes    own     403   403   403   403    403    403   401
registry.remove_advertisement          yes    own     own   own   403   403    403    403   401
registry.verify_advertisement_removal  yes    own     own   403   403   403    403    403   401

registry.get_responsibilities          yes    own     own   own   403   403    yes    yes   401
registry.get_responsibility_history    yes    own     own   own   403   403    yes    yes   401
registry.assign_responsibility         yes    own     403   403   403   403    403    403   401
registry.vacate_responsibility         yes    own     403   403   403   403    403    403   401
registry.assign_many_responsibilities  yes    home    403   403   403   403    403    403   401
registry.list_responsibility_gaps      yes    list    list  list  403   403    yes    yes   401
registry.count_findings                yes    list    403   403   403   403    yes    yes   401
registry.list_findings                 yes    list    403   403   403   403    yes    yes   401
registry.dismiss_finding               yes    own     403   403   403   403    403    403   401
registry.merge_institutions            yes    own     403   403   403   403    403    403   401

registry.list_proposals                yes    list    403   403   403   403    yes    yes   401
registry.get_proposal                  yes    own     403   403   403   403    yes    yes   401
registry.accept_proposal               yes    403     403   403   403   403    403    403   401
registry.dismiss_proposal              yes    403     403   403   403   403    403    403   401

registry.list_licensed_institutions    yes    yes     yes   yes   yes   yes    yes    yes   yes
registry.get_standing                  yes    yes     yes   yes   yes   yes    yes    yes   yes
registry.list_published_notices        yes    yes     yes   yes   yes   yes    yes    yes   yes

inspection.import_grids                yes    403     403   403   403   403    403    yes   401
inspection.list_grids                  yes    yes     yes   403   403   403    yes    yes   401
inspection.list_grid_versions          yes    yes     yes   403   403   403    yes    yes   401
inspection.withdraw_grids              yes    403     403   403   403   403    403    yes   401
inspection.get_successions             yes    yes     yes   403   403   403    yes    yes   401
inspection.locate                      yes    yes     yes   403   403   403    yes    yes   401
inspection.form_team                   yes    home    403   403   403   403    403    403   401
inspection.list_teams                  yes    list    list  403   403   403    yes    yes   401
inspection.get_team                    yes    own     own   403   403   403    yes    yes   401
inspection.change_team                 yes    own     403   403   403   403    403    403   401
inspection.hand_over                   yes    own     403   403   403   403    403    403   401
inspection.get_rota                    yes    own     own   403   403   403    yes    yes   401
inspection.assign_duty                 yes    own     own   403   403   403    403    403   401
inspection.note_absence                yes    own     own   403   403   403    403    403   401
inspection.cancel_rota_entry           yes    own     own   403   403   403    403    403   401
inspection.enrol_device                403    403     yes   403   403   403    403    403   401
inspection.list_devices                yes    list    yes   403   403   403    yes    yes   401
inspection.get_device                  yes    own     yes   403   403   403    yes    yes   401
inspection.revoke_device               yes    own     yes   403   403   403    403    403   401
inspection.commit_draw                 yes    home    403   403   403   403    403    403   401
inspection.list_draws                  yes    list    403   403   403   403    yes    yes   401
inspection.get_draw                    yes    own     403   403   403   403    yes    yes   401
inspection.reveal_draw                 yes    own     403   403   403   403    403    403   401
inspection.cancel_draw                 yes    own     403   403   403   403    403    403   401
inspection.list_draw_result            yes    own     403   403   403   403    yes    yes   401
inspection.get_proof                   yes    own     403   403   403   403    yes    yes   401
inspection.list_published_draws        yes    yes     yes   yes   yes   yes    yes    yes   yes
inspection.get_published_draw          yes    yes     yes   yes   yes   yes    yes    yes   yes
inspection.get_published_proof         yes    yes     yes   yes   yes   yes    yes    yes   yes
inspection.draw_rechecks               yes    own     403   403   403   403    403    403   401
inspection.list_rechecks               yes    list    list  403   403   403    yes    yes   401
inspection.get_agreement               yes    yes     403   403   403   403    yes    yes   401
inspection.get_round                   yes    own     403   403   403   403    yes    yes   401
inspection.get_recheck                 yes    own     own   403   403   403    yes    yes   401
inspection.conclude_recheck            yes    own     own   403   403   403    403    403   401
inspection.get_blind_spots             yes    yes     403   403   403   403    yes    yes   401
inspection.list_blind_targets          yes    list    403   403   403   403    yes    yes   401
inspection.list_unvisited_targets      yes    list    403   403   403   403    yes    yes   401
inspection.plan_campaign               yes    home    403   403   403   403    403    403   401
inspection.list_campaigns              yes    list    list  403   403   403    yes    yes   401
inspection.get_campaign                yes    own     own   403   403   403    yes    yes   401
inspection.launch_campaign             yes    own     403   403   403   403    403    403   401
inspection.close_campaign              yes    own     403   403   403   403    403    403   401
inspection.withdraw_campaign           yes    own     403   403   403   403    403    403   401
inspection.get_coverage                yes    own     own   403   403   403    yes    yes   401
inspection.list_campaign_targets       yes    own     own   403   403   403    yes    yes   401
inspection.get_worklist                yes    own     own   403   403   403    yes    yes   401
inspection.get_report                  yes    own     403   403   403   403    yes    yes   401
inspection.print_report                yes    own     403   403   403   403    yes    yes   401
inspection.list_discoveries            yes    list    list  403   403   403    yes    yes   401
inspection.plan_visit                  yes    own     home  403   403   403    403    403   401
inspection.list_visits                 yes    list    list  403   403   403    yes    yes   401
inspection.get_visit                   yes    own     own   403   403   403    yes    yes   401
inspection.start_visit                 403    403     own   403   403   403    403    403   401
inspection.submit_visit                403    403     own   403   403   403    403    403   401
inspection.review_visit                yes    own     403   403   403   403    403    403   401
inspection.call_off_visit              yes    own     403   403   403   403    403    403   401
inspection.report_violation            yes    own     own   403   403   403    403    403   401
inspection.list_violations             yes    list    list  list  403   403    yes    yes   401
inspection.get_violation               yes    own     own   own   403   403    yes    yes   401
inspection.order_rectification         yes    own     own   403   403   403    403    403   401
inspection.rectify_violation           403    403     own   own   403   403    403    403   401
inspection.verify_violation            403    own     own   403   403   403    403    403   401
inspection.withdraw_violation          yes    own     403   403   403   403    403    403   401
inspection.pull_changes                403    403     yes   403   403   403    403    403   401
inspection.push_operations             403    403     yes   403   403   403    403    403   401
inspection.list_operations             yes    list    list  403   403   403    yes    yes   401
inspection.list_unreadable_operations  yes    list    list  403   403   403    yes    yes   401
inspection.resolve_operation           yes    own     403   403   403   403    403    403   401
inspection.enact_checklist             yes    403     403   403   403   403    403    403   401
inspection.list_checklists             yes    yes     yes   yes   403   403    yes    yes   401
inspection.get_checklist               yes    yes     yes   yes   403   403    yes    yes   401
inspection.retire_checklist            yes    403     403   403   403   403    403    403   401
inspection.withdraw_checklist          yes    403     403   403   403   403    403    403   401
inspection.announce_evidence           yes    own     own   own   403   403    403    403   401
inspection.list_evidence               yes    list    list  list  403   403    yes    yes   401
inspection.get_evidence                yes    own     own   own   403   403    yes    yes   401
inspection.send_part                   yes    own     own   own   403   403    403    403   401
inspection.retry_evidence              yes    own     403   403   403   403    403    403   401
inspection.refuse_evidence             yes    own     403   403   403   403    403    403   401
inspection.get_clean_copy              yes    own     own   own   403   403    yes    yes   401
inspection.list_exhibits               yes    own     403   403   403   403    yes    yes   401
inspection.export_bundle               yes    own     403   403   403   403    yes    yes   401
inspection.get_evidence_key            yes    yes     yes   yes   yes   yes    yes    yes   yes
inspection.extend_rectification        yes    own     403   403   403   403    403    403   401
inspection.enact_offence               yes    403     403   403   403   403    403    403   401
inspection.list_offences               yes    yes     yes   yes   403   403    yes    yes   401
inspection.get_offence                 yes    yes     yes   yes   403   403    yes    yes   401
inspection.repeal_offence              yes    403     403   403   403   403    403    403   401
inspection.withdraw_offence            yes    403     403   403   403   403    403    403   401
inspection.file_case                   yes    own     403   403   403   403    403    403   401
inspection.list_cases                  yes    list    list  list  403   403    yes    yes   401
inspection.get_case                    yes    own     own   own   403   403    yes    yes   401
inspection.get_case_clock              yes    own     own   own   403   403    yes    yes   401
inspection.assign_case_officers        yes    own     403   403   403   403    403    403   401
inspection.record_case_inquiry         yes    own     own   403   403   403    403    403   401
inspection.add_case_exhibits           yes    own     own   403   403   403    403    403   401
inspection.preserve_case_items         yes    own     own   403   403   403    403    403   401
inspection.settle_case_items           yes    own     403   403   403   403    403    403   401
inspection.review_case                 yes    own     403   403   403   403    403    403   401
inspection.extend_case                 yes    403     403   403   403   403    403    403   401
inspection.notify_party                yes    own     403   403   403   403    403    403   401
inspection.take_statement              yes    own     403   own   403   403    403    403   401
inspection.ask_hearing                 yes    own     403   own   403   403    403    403   401
inspection.call_hearing                yes    own     403   403   403   403    403    403   401
inspection.record_hearing              yes    own     403   403   403   403    403    403   401
inspection.decide_case                 yes    own     403   403   403   403    403    403   401
inspection.decide_on_the_spot          yes    own     403   403   403   403    403    403   401
inspection.spare_case                  yes    own     403   403   403   403    403    403   401
inspection.dismiss_case                yes    own     403   403   403   403    403    403   401
inspection.withdraw_case               yes    own     403   403   403   403    403    403   401
inspection.serve_decision              yes    own     403   403   403   403    403    403   401
inspection.take_payment                yes    own     403   403   403   403    403    403   401
inspection.enforce_decision            yes    own     403   403   403   403    403    403   401
inspection.close_case                  yes    own     403   403   403   403    403    403   401
inspection.enter_complaint             yes    home    403   403   403   403    403    yes   401
inspection.list_complaints             yes    list    list  403   403   403    yes    yes   401
inspection.get_complaint               yes    own     own   403   403   403    yes    yes   401
inspection.list_complaint_candidates   yes    own     403   403   403   403    403    403   401
inspection.match_complaint             yes    own     403   403   403   403    403    403   401
inspection.send_team                   yes    own     403   403   403   403    403    403   401
inspection.answer_complaint            yes    own     403   403   403   403    403    403   401
inspection.read_complaint_contact      yes    own     403   403   403   403    403    403   401
inspection.complain                    yes    yes     yes   yes   yes   yes    yes    yes   yes
inspection.get_receipt                 yes    yes     yes   yes   yes   yes    yes    yes   yes
inspection.enact_norm                  yes    403     403   403   403   403    403    403   401
inspection.list_norms                  yes    yes     yes   403   403   403    yes    yes   401
inspection.withdraw_norm               yes    403     403   403   403   403    403    403   401
inspection.list_duties                 yes    list    list  403   403   403    yes    yes   401
inspection.list_escalations            yes    list    list  403   403   403    yes    yes   401
inspection.list_team_performance       yes    list    list  403   403   403    yes    yes   401
inspection.start_import                yes    yes     403   403   403   403    403    yes   401
inspection.get_import                  yes    own     403   403   403   403    yes    yes   401
inspection.cancel_import               yes    own     403   403   403   403    403    yes   401
inspection.list_import_rows            yes    own     403   403   403   403    yes    yes   401

afterschool.register_school            yes    home    403   403   403   403    403    403   401
afterschool.list_schools               yes    list    403   403   list  yes    yes    yes   401
afterschool.get_school                 yes    own     403   403   own   yes    yes    yes   401
afterschool.list_terms                 yes    yes     403   403   yes   yes    yes    yes   401
afterschool.form_class                 yes    own     403   403   own   403    403    403   401
afterschool.list_classes               yes    list    403   403   list  403    yes    yes   401
afterschool.get_class                  yes    own     403   403   own   403    yes    yes   401
afterschool.register_teacher           yes    own     403   403   own   403    403    403   401
afterschool.list_teachers              yes    list    403   403   list  403    yes    yes   401
afterschool.get_teacher                yes    own     403   403   own   403    yes    yes   401
afterschool.let_teacher_go             yes    own     403   403   own   403    403    403   401
afterschool.admit_student              yes    own     403   403   own   403    403    403   401
afterschool.list_students              yes    list    403   403   list  list   yes    yes   401
afterschool.get_student                yes    own     403   403   own   own    yes    yes   401
afterschool.set_group                  yes    own     403   403   own   403    403    403   401
afterschool.move_student               yes    own     403   403   own   403    403    403   401
afterschool.let_student_go             yes    own     403   403   own   403    403    403   401
afterschool.read_identity              yes    own     403   403   own   own    yes    403   401
afterschool.correct_identity           yes    own     403   403   own   403    403    403   401
afterschool.erase_identity             yes    own     403   403   own   own    403    403   401
afterschool.list_identity_reads        yes    own     403   403   own   own    yes    403   401
afterschool.set_consent                403    403     403   403   403   own    403    403   401
afterschool.ask_for_access             yes    own     403   403   403   403    yes    403   401
afterschool.list_access_requests       yes    own     403   403   own   403    yes    403   401
afterschool.decide_access              yes    own     403   403   own   403    403    403   401
afterschool.enter_guardianship         yes    own     403   403   own   403    403    403   401
afterschool.change_guardianship        yes    own     403   403   own   403    403    403   401
afterschool.give_code                  yes    own     403   403   own   403    403    403   401
afterschool.prove_guardianship         403    403     403   403   403   yes    403    403   401
afterschool.list_guardianships         yes    own     403   403   own   own    yes    403   401

afterschool.publish_offering           yes    own     403   403   own   403    403    403   401
afterschool.list_offerings             yes    list    403   403   list  yes    yes    yes   401
afterschool.get_offering               yes    own     403   403   own   yes    yes    yes   401
afterschool.change_offering            yes    own     403   403   own   403    403    403   401
afterschool.freeze_offering            yes    own     403   403   own   403    403    403   401
afterschool.release_reserve            yes    own     403   403   own   403    403    403   401
afterschool.enrol_student              403    403     403   403   own   own    403    403   401
afterschool.list_enrolments            yes    list    403   403   list  list   yes    yes   401
afterschool.get_enrolment              yes    own     403   403   own   own    yes    yes   401
afterschool.withdraw_enrolment         403    403     403   403   own   own    403    403   401
afterschool.accept_offer               403    403     403   403   own   own    403    403   401
afterschool.decline_offer              403    403     403   403   own   own    403    403   401
afterschool.set_promotion              403    403     403   403   own   own    403    403   401
afterschool.exchange_seat              403    403     403   403   own   own    403    403   401
afterschool.list_waiting               yes    list    403   403   list  list   yes    yes   401
afterschool.open_allocation            yes    own     403   403   own   403    403    403   401
afterschool.list_allocations           yes    yes     403   403   yes   yes    yes    yes   401
afterschool.get_allocation             yes    yes     403   403   yes   yes    yes    yes   401
afterschool.draw_allocation            yes    own     403   403   own   403    403    403   401
afterschool.list_markets               yes    yes     403   403   yes   yes    yes    yes   401
afterschool.list_cutoffs               yes    yes     403   403   yes   yes    yes    yes   401
afterschool.get_publication            yes    yes     403   403   yes   yes    yes    yes   401
afterschool.explain_allocation         yes    own     403   403   own   own    yes    403   401
afterschool.rank_choices               403    403     403   403   own   own    403    403   401
afterschool.withdraw_choices           403    403     403   403   own   own    403    403   401
afterschool.list_preferences           yes    own     403   403   own   own    yes    403   401
afterschool.start_import               yes    yes     403   403   403   403    403    yes   401
afterschool.get_import                 yes    own     403   403   403   403    yes    yes   401
afterschool.cancel_import              yes    own     403   403   403   403    403    yes   401
afterschool.list_import_rows           yes    own     403   403   403   403    yes    yes   401
afterschool.list_missing               yes    own     403   403   403   403    yes    403   401
afterschool.let_missing_go             yes    own     403   403   403   403    403    403   401
afterschool.unfreeze_offering          yes    own     403   403   own   403    403    403   401
afterschool.list_affected              yes    own     403   403   own   403    403    403   401
afterschool.list_provider              yes    own     403   403   403   403    403    403   401
afterschool.list_white_list            yes    yes     403   403   yes   yes    yes    yes   401
afterschool.strike_listing             yes    home    403   403   403   403    403    403   401
afterschool.enter_outside_person       yes    own     403   403   yes   403    403    403   401
afterschool.list_outside_persons       yes    own     403   403   yes   403    403    403   401
afterschool.check_outside_person       yes    own     403   403   403   403    403    403   401
afterschool.list_providers             yes    list    403   403   yes   yes    yes    yes   401
afterschool.get_provider               yes    own     403   403   yes   yes    yes    yes   401
afterschool.list_catalogue_items       yes    yes     403   403   yes   yes    yes    yes   401
afterschool.get_catalogue_item         yes    yes     403   403   yes   yes    yes    yes   401
afterschool.enact_catalogue_item       yes    403     403   403   403   403    403    403   401
afterschool.repeal_catalogue_item      yes    403     403   403   403   403    403    403   401
afterschool.withdraw_catalogue_item    yes    403     403   403   403   403    403    403   401
afterschool.list_norms                 yes    yes     403   403   yes   yes    yes    yes   401
afterschool.get_norm                   yes    yes     403   403   yes   yes    yes    yes   401
afterschool.enact_norm                 yes    403     403   403   403   403    403    403   401
afterschool.repeal_norm                yes    403     403   403   403   403    403    403   401
afterschool.withdraw_norm              yes    403     403   403   403   403    403    403   401

afterschool.list_management_rules      yes    yes     403   403   yes   yes    yes    yes   401
afterschool.get_management_rule        yes    yes     403   403   yes   yes    yes    yes   401
afterschool.enact_management_rule      yes    403     403   403   403   403    403    403   401
afterschool.repeal_management_rule     yes    403     403   403   403   403    403    403   401
afterschool.withdraw_management_rule   yes    403     403   403   403   403    403    403   401
afterschool.declare_management         403    403     403   403   own   403    403    403   401
afterschool.list_declarations          yes    list    403   403   list  403    yes    yes   401
afterschool.get_declaration            yes    own     403   403   own   403    yes    yes   401
afterschool.sign_declaration           403    403     403   403   own   403    403    403   401
afterschool.withdraw_declaration       403    403     403   403   own   403    403    403   401
afterschool.verify_declaration         yes    403     403   403   403   403    403    403   401
afterschool.commit_management_draw     yes    403     403   403   403   403    403    403   401
afterschool.list_management_draws      yes    yes     403   403   yes   403    yes    yes   401
afterschool.get_management_draw        yes    yes     403   403   yes   403    yes    yes   401
afterschool.reveal_management_draw     yes    403     403   403   403   403    403    403   401
afterschool.cancel_management_draw     yes    403     403   403   403   403    403    403   401
afterschool.get_management_proof       yes    yes     403   403   yes   403    yes    yes   401
afterschool.list_shortfalls            yes    list    403   403   list  403    yes    yes   401
afterschool.get_shortfall              yes    own     403   403   own   403    yes    yes   401
afterschool.close_shortfall            yes    own     403   403   403   403    403    403   401
afterschool.open_survey                yes    home    403   403   403   403    403    403   401
afterschool.list_surveys               yes    yes     403   403   yes   yes    yes    yes   401
afterschool.get_survey                 yes    yes     403   403   yes   yes    yes    yes   401
afterschool.answer_survey              403    403     403   403   403   home   403    403   401
afterschool.get_participation          403    403     403   403   403   yes    403    403   401
afterschool.close_survey               yes    own     403   403   403   403    403    403   401
afterschool.list_survey_results        yes    yes     403   403   yes   yes    yes    yes   401
afterschool.declare_homework           403    403     403   403   own   403    403    403   401
afterschool.list_homework              yes    list    403   403   list  403    yes    yes   401
afterschool.list_homework_weeks        yes    list    403   403   list  403    yes    yes   401
afterschool.get_class_homework         yes    own     403   403   own   403    yes    yes   401
afterschool.report_homework            403    403     403   403   yes   yes    403    403   401
afterschool.list_homework_reports      yes    list    403   403   list  list   yes    yes   401

afterschool.get_bill                   yes    own     403   403   own   own    403    403   401
afterschool.collect_fees               yes    own     403   403   own   403    403    403   401
afterschool.refund_fees                yes    own     403   403   own   403    403    403   401
afterschool.grant_fee_waiver           yes    own     403   403   own   403    403    403   401
afterschool.list_fee_waivers           yes    list    403   403   list  403    403    403   401
afterschool.end_fee_waiver             yes    own     403   403   own   403    403    403   401
afterschool.get_settlement             yes    list    403   403   list  403    yes    yes   401
afterschool.agree_session_rate         yes    own     403   403   own   403    403    403   401
afterschool.list_session_rates         yes    own     403   403   own   403    yes    yes   401
afterschool.settle_provider            yes    own     403   403   own   403    403    403   401
afterschool.list_provider_settlements  yes    list    403   403   list  403    yes    yes   401
afterschool.get_provider_settlement    yes    own     403   403   own   403    yes    yes   401
afterschool.compute_subsidy_run        yes    403     403   403   403   403    403    403   401
afterschool.list_subsidy_runs          yes    yes     403   403   yes   403    yes    yes   401
afterschool.get_subsidy_run            yes    yes     403   403   yes   403    yes    yes   401
afterschool.review_subsidy_run         yes    403     403   403   403   403    403    403   401
afterschool.lock_subsidy_run           yes    403     403   403   403   403    403    403   401
afterschool.discard_subsidy_run        yes    403     403   403   403   403    403    403   401
afterschool.list_subsidy_lines         yes    list    403   403   list  403    yes    yes   401
afterschool.list_subsidy_schools       yes    list    403   403   list  403    yes    yes   401
afterschool.export_subsidy_run         yes    403     403   403   403   403    yes    yes   401

afterschool.generate_sessions          yes    own     403   403   own   403    403    403   401
afterschool.list_sessions              yes    list    403   403   list  yes    yes    yes   401
afterschool.get_session                yes    own     403   403   own   yes    yes    yes   401
afterschool.substitute_teacher         yes    own     403   403   own   403    403    403   401
afterschool.cancel_session             yes    own     403   403   own   403    403    403   401
afterschool.set_makeup_day             yes    own     403   403   own   403    403    403   401
afterschool.list_makeup_days           yes    own     403   403   own   yes    yes    yes   401
afterschool.take_attendance            403    403     403   403   yes   403    403    403   401
afterschool.list_attendance            yes    list    403   403   list  list   yes    yes   401
afterschool.list_days_attended         yes    own     403   403   own   403    yes    yes   401
afterschool.record_pickup              403    403     403   403   own   403    403    403   401
afterschool.list_pickups               yes    own     403   403   own   403    yes    403   401
afterschool.read_pickup                yes    own     403   403   own   own    yes    403   401
afterschool.record_wish                403    403     403   403   own   own    403    403   401
afterschool.list_wishes                yes    list    403   403   list  list   yes    yes   401
afterschool.get_coverage               yes    yes     403   403   yes   403    yes    yes   401
afterschool.list_coverage_shortfalls   yes    list    403   403   list  403    yes    yes   401
afterschool.get_school_coverage        yes    own     403   403   own   403    yes    yes   401
afterschool.list_served_pupils         yes    own     403   403   own   403    yes    yes   401
afterschool.print_class_list           403    403     403   403   own   403    403    403   401
afterschool.print_bill                 403    403     403   403   own   403    403    403   401
afterschool.print_session_sheet        403    403     403   403   own   403    403    403   401
afterschool.make_calendar_feed         403    403     403   403   403   own    403    403   401
afterschool.list_calendar_feeds        403    403     403   403   403   list   403    403   401
afterschool.revoke_calendar_feed       403    403     403   403   403   own    403    403   401
afterschool.read_calendar_feed         yes    yes     yes   yes   yes   yes    yes    yes   yes

metrics.list_indicators                yes    yes     403   403   yes   403    yes    yes   401
metrics.get_indicator                  yes    own     403   403   own   403    yes    yes   401
metrics.list_indicator_values          yes    own     403   403   own   403    yes    yes   401
metrics.list_receipts                  yes    own     403   403   own   403    yes    yes   401
metrics.list_members                   yes    own     403   403   own   403    yes    yes   401
metrics.get_indicator_history          yes    own     403   403   own   403    yes    yes   401
metrics.export_scorecard               yes    own     403   403   own   403    yes    yes   401
metrics.export_indicator_values        yes    own     403   403   own   403    yes    yes   401
metrics.export_members                 yes    own     403   403   own   403    yes    yes   401
metrics.list_alerts                    yes    own     403   403   own   403    yes    yes   401
metrics.list_sources                   yes    yes     403   403   yes   403    yes    yes   401
metrics.list_names                     yes    yes     403   403   yes   403    yes    yes   401
metrics.get_map                        yes    yes     403   403   yes   403    yes    yes   401
metrics.submit_figure                  yes    home    403   403   403   403    403    403   401
metrics.list_figures                   yes    list    403   403   403   403    yes    yes   401
metrics.get_figure                     yes    own     403   403   403   403    yes    yes   401
metrics.approve_figure                 yes    403     403   403   403   403    403    403   401
metrics.return_figure                  yes    403     403   403   403   403    403    403   401
metrics.get_scorecard                  yes    own     403   403   own   403    yes    yes   401
metrics.get_coverage                   yes    yes     403   403   403   403    yes    yes   401
metrics.list_public_figures            yes    yes     yes   yes   yes   yes    yes    yes   yes
metrics.stream_scorecard               yes    yes     403   403   yes   403    yes    yes   401
metrics.request_rebuild                yes    403     403   403   403   403    403    yes   401
metrics.get_rebuild                    yes    403     403   403   403   403    yes    yes   401
"""

_LINES = [line.split() for line in _TABLE.splitlines()[3:] if line.strip()]

MATRIX = {operation: dict(zip(ROLES, answers, strict=True)) for operation, *answers in _LINES}
"""Operation -> role -> one of the words above."""

assert len(MATRIX) == len(_LINES), "an operation stands in the table twice"

_OF_FINDINGS = (
    "_case", "_cases", "_clock", "_officers", "_inquiry", "_exhibits", "_items", "_party", "_statement", "_hearing",
    "_spot", "_decision", "_payment", "get_complaint", "list_complaints", "list_complaint_candidates",
    "match_complaint", "send_team", "answer_complaint", "_contact", "_duties", "_escalations",
    "_evidence", "_part", "_clean_copy", "_bundle",
)  # fmt: skip
OF_A_STREET = {
    operation: answers["district_officer"]
    for operation, answers in MATRIX.items()
    if operation.startswith(("registry.", "afterschool.", "inspection.list_blind", "inspection.list_unvisited"))
    or operation.endswith(("_visit", "_visits", "_violation", "_violations", "_rectification", *_OF_FINDINGS))
    if not operation.endswith(("_import", "_import_rows", "_missing", "_missing_go"))
} | {
    "inspection.list_campaign_targets": "list",
    "inspection.list_operations": "list",
    "inspection.list_unreadable_operations": "list",
    "inspection.resolve_operation": "own",
    "afterschool.strike_listing": "yes",
    "registry.list_stop_orders": "yes",
    "registry.get_stop_order": "yes",
    "registry.list_stop_order_recipients": "list",
    "registry.cancel_stop_order": "home",
    "registry.reissue_stop_order": "home",
    "registry.confirm_stop_order": "home",
}
"""Where an officer with a street in his token is held to it, and what he gets of another street. Teams, campaigns,
imports and numbers are a district's. A stop order is a district's too: every street may read it, with its own
recipients; none may cancel it."""
