import type { Inspection } from '../inspecting/inspection.ts'
import type { Recognised } from '../inspecting/recognise.ts'
import { jsonText } from '../json.ts'

/** What was found in a source, for programs: the inspection as it is, beneath the version of this format. */
export function renderInspectionJson(
  inspection: Inspection,
  about: { manifest: string | null; file: string | null; recognised: Recognised | null },
): string {
  return `${jsonText({ version: 1, ...about, ...inspection }, 2)}\n`
}
