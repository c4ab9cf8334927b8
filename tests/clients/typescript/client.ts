// Asks a service through openapi-fetch with the generated types, and prints what came back as JSON.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

const client = createClient<paths>({ baseUrl: given(process.argv[2]) });

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("nothing came back");
  return value;
}

async function penalty() {
  const body: Schemas["PenaltyRequest"] = {
    violation: "82-2",
    severity: "severe",
    decision_effective_on: "2028-02-29",
    conduct: { from: "2026-05-01", to: "2026-06-30" },
    responsible_persons: [{ role: "principal", income_during_violation: "0.11" }, { role: "other" }],
  };
  const { data } = await client.POST("/v1/penalties", { body, params: { query: { lang: "en" } } });
  const answer = given(data);
  const outcome = given(answer.outcome);
  if (outcome.fine === null) throw new Error("a fine was expected");
  return {
    tier: outcome.tier,
    fine: [outcome.fine.minimum, outcome.fine.maximum, outcome.fine.basis.kind],
    measures: outcome.measures.map((measure) => measure.kind),
    persons: outcome.persons.map((person) => [person.fine.minimum, person.fine.maximum]),
    notices: answer.notices.map((notice) => notice.code),
  };
}

async function deadline() {
  const { data } = await client.POST("/v1/deadlines", {
    body: {
      step: "production-licence",
      start: "2026-09-18",
      as_of: "2026-10-09",
      clock_stops: [{ from: "2026-10-12", to: "2026-10-16", reason: "technical_review" }],
    },
  });
  const { due, days } = given(data);
  return { due, used: given(days).used, left: given(days).left };
}

async function withoutADate() {
  const { data } = await client.GET("/v1/deadlines/{step}", {
    params: { path: { step: "urgent-import" }, query: { start: "2026-06-01" } },
  });
  return given(data).due;
}

async function expiry() {
  const { data } = await client.POST("/v1/expiries", {
    body: { term: "orphan-exclusivity", start: "2028-02-29", granted: { months: 30 } },
  });
  const answer = given(data);
  return {
    last_day: answer.last_day,
    civil_code: answer.by_convention.civil_code,
    ended_early: answer.ended_early,
  };
}

/** Told apart by `kind`: in each case the compiler knows the record. */
function shown(answer: Schemas["BatchAnswer"]) {
  switch (answer.kind) {
    case "penalty":
      return [answer.kind, answer.ref, answer.determined];
    case "deadline":
      return [answer.kind, answer.ref, answer.due];
    case "expiry":
      return [answer.kind, answer.ref, answer.last_day];
    case "problem":
      return [answer.kind, answer.ref, answer.code];
  }
}

async function batch() {
  const body: Schemas["BatchItem"][] = [
    { kind: "deadline", step: "licence-delivery", start: "2026-06-01", ref: "a" },
    { kind: "expiry", term: "drug-registration", start: "2026-06-01", ref: "b" },
    { kind: "penalty", violation: "79-1-9", ref: "c" },
  ];
  const { data } = await client.POST("/v1/batch", { body });
  return given(data).map(shown);
}

async function problem() {
  const { error } = await client.POST("/v1/penalties", {
    body: { violation: "79-1-9" },
    params: { query: { lang: "en" } },
  });
  const { status, code, title, errors } = given(error);
  return { status, code, title, where: errors.map((fault) => fault.where) };
}

async function cell() {
  const { data } = await client.GET("/v1/cells/deadline", {
    params: { query: { step: "licence-delivery", start: "2026/6/1" } },
    parseAs: "text",
  });
  return given(data);
}

console.log(
  JSON.stringify({
    penalty: await penalty(),
    deadline: await deadline(),
    without_a_date: await withoutADate(),
    expiry: await expiry(),
    batch: await batch(),
    problem: await problem(),
    cell: await cell(),
  }),
);
