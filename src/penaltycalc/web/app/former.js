// What the page and the workbook of version 0.2.0 called columns that have other names now, by fact. Tables with these
// heads are still in use; without this list their columns would be taken for the user's own, and results would change
// without the facts in them.
//
// Left out are names that are still in use, and the reference of the workbook ("案号（不发送）", "Own reference (not
// sent)"), which the workbook promised never to send.
export const FORMER_NAMES = {
  // The page.
  "起算日（当日不计）": "start",
  "采用另一读法：情节严重须以逾期不改正为前提": "severe_needs_failed_correction",
  "采用另一读法：停产停业整顿替代罚款": "obstruction_suspension_replaces_fine",
  "环节": "activity",
  "查询日（计算已用、剩余天数）": "as_of",
  "提前终止的末日": "ended_on",
  "责任人员身份": "person_role",
  "责任人员收入（元）": "person_income",
  "逐日台账": "ledger",
  "Runs from (that day not counted)": "start",
  "Take the other reading: the severe tier needs a failed correction": "severe_needs_failed_correction",
  "Take the other reading: suspension replaces the fine": "obstruction_suspension_replaces_fine",
  "Your own reference": "ref",
  "Decision takes effect on": "decision_effective_on",
  "Purchase inspection and like duties met?": "duties_fulfilled",
  "Sufficient evidence of not knowing?": "did_not_know_proven",
  "Life and health, or financial safety, concerned?": "life_health_or_financial_safety",
  "Harm followed?": "harmful_consequence",
  "As of (for days used and left)": "as_of",
  "Ended sooner, last day": "ended_on",
  "Income of the person (yuan)": "person_income",
  // The workbook.
  "已履行查验义务（第86条）": "duties_fulfilled",
  "涉及生命健康或者金融安全": "life_health_or_financial_safety",
  "办理环节": "step",
  "同步提交": "joint_filing",
  "计算惯例": "convention",
  "提前终止末日": "ended_on",
  "延续提前月数": "renewal_lead_months",
  "延续提前日数": "renewal_lead_days",
  "Not knowing proven (Art. 86)": "did_not_know_proven",
  "Life, health, finance concerned": "life_health_or_financial_safety",
  "Harm followed": "harmful_consequence",
  "Runs from (not counted)": "start",
  "Joint filing": "joint_filing",
  "Ended on": "ended_on",
  "Renewal lead (months)": "renewal_lead_months",
  "Renewal lead (days)": "renewal_lead_days",
};
