export interface QuotedQuery {
  language: "PROMQL" | "LOGQL" | "TRACEQL";
  text: string;
}

const BLOCK = /```(?:promql|logql|traceql)?\s*([\s\S]+?)```|`([^`]+)`/i;
const TRACEQL = /\b(?:resource|span|event|link)\.[\w.]|\b(?:traceDuration|rootServiceName|rootName)\b|&&|\|\||>>|!>/;
const TRACE_FIELDS = /^\{\s*(?:\.[\w.]+|status|duration|name|kind|trace:\w+|span:\w+)\s*(?:=|!=|=~|<|>)/;
const LOGQL = /\|=|\|~|!~\s*[`"]|\|\s*(?:json|logfmt|pattern|regexp|line_format|label_format|unpack)\b/;
const LOG_METRIC = /\b(?:count_over_time|bytes_rate|bytes_over_time|rate|sum_over_time)\s*\(\s*\{[^}]*\}\s*(?:\||\[)/;

/** A query in backticks, and in which of the three languages it is: as the question says, else as it looks. */
export function quotedQuery(question: string): QuotedQuery | null {
  const [, block, inline] = BLOCK.exec(question) ?? [];
  const text = (block ?? inline ?? "").trim();
  if (!/[{([]|^[a-zA-Z_:][\w:]*$/.test(text)) return null;
  return { text, language: languageOf(text, question.replace(text, "")) };
}

/** A question without what stands in backticks. */
export const withoutQuery = (question: string): string => question.replace(BLOCK, " ");

function languageOf(text: string, around: string): QuotedQuery["language"] {
  const [said] = /promql|logql|traceql/i.exec(around) ?? [];
  if (said !== undefined) return said.toUpperCase() as QuotedQuery["language"];
  if (TRACE_FIELDS.test(text) || (text.startsWith("{") && TRACEQL.test(text) && !LOGQL.test(text))) return "TRACEQL";
  if (LOGQL.test(text) || LOG_METRIC.test(text) || (text.startsWith("{") && !text.includes("__name__"))) return "LOGQL";
  return "PROMQL";
}
