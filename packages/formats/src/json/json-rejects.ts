import { bytesOf, noteColumns, type RejectFormat, type RejectNote } from '../reject-format.js';

/** Rejected documents a line each. What is wrong stands before what the document has; what is none is a text in one. */
export const ndjsonRejects: RejectFormat = Object.freeze({
  head: '',
  lead: 0,
  foot: '',
  entry: (raw: string, note: RejectNote) => `${annotated(raw, note)}\n`,
});

/** Rejected documents as an array of them. */
export const jsonRejects: RejectFormat = Object.freeze({
  head: '[',
  lead: 1,
  foot: '\n]\n',
  entry: (raw: string, note: RejectNote) => `,\n${annotated(raw, note)}`,
});

/** What was noted of a document before, as it is written here. */
const earlierNotes = /^\{"uno_line":\d+,(?:"uno_field":"(?:[^"\\]|\\.)*",)?"uno_reason":"(?:[^"\\]|\\.)*"(?:,|(?=\}))/;

function annotated(raw: string, { line, field, reason }: RejectNote): string {
  const [lineName, fieldName, reasonName] = noteColumns;
  const head = bytesOf(JSON.stringify({ [lineName]: line, [fieldName]: field, [reasonName]: reason }).slice(0, -1));
  const document = raw.trim().replace(earlierNotes, '{');
  // Only what begins as an object can be mended in place.
  if (!document.startsWith('{')) return `${head},"uno_record":${bytesOf(JSON.stringify(document))}}`;
  const rest = document.slice(1).trimStart();
  return rest === '}' ? `${head}}` : `${head},${rest}`;
}
