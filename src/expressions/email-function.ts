import { addressForm } from '../addresses.ts'
import { BadInput } from '../diagnostics/bad-input.ts'
import type { ExpressionFunction } from './expression.ts'

/**
 * An address as addresses are compared. It refuses none: what can be taken for another address stays as it is, and equals nothing but
 * itself.
 */
export const emailFunction: ExpressionFunction = {
  name: 'email',
  call(value) {
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw new BadInput('the text of one address is expected')
    return addressForm(value) || undefined
  },
}
