import type { ExplanationDocument } from '../explaining/explanation.ts'
import { jsonText } from '../json.ts'

/** One document, as schemas/explanation.schema.json describes it. */
export function renderExplanationJson(explained: ExplanationDocument, write: (text: string) => void): void {
  write(`${jsonText(explained, 2)}\n`)
}
