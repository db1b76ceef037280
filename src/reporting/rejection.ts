import type { RejectedItem } from '../rundb/rejects.ts'

/** Why something was rejected, beginning with the field where the message does not name it. */
export function rejection({ kind, field, message }: Pick<RejectedItem, 'kind' | 'field' | 'message'>): string {
  return kind === 'record' || field === null || message.includes(field) ? message : `${field}: ${message}`
}
