import type { KindDefinition } from '../kinds/kind.ts'
import type { Attributes, DesiredResource } from '../resource.ts'

/** The separate fields that have something in them: see FieldDefinition. */
export function separateOf({ fields }: KindDefinition, { attributes }: DesiredResource): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([field, value]) => fields[field]?.separate && !(Array.isArray(value) && value.length === 0),
    ),
  )
}

/** The resource as its create sends it. */
export function withoutSeparate({ fields }: KindDefinition, desired: DesiredResource): DesiredResource {
  const attributes = Object.fromEntries(
    Object.entries(desired.attributes).filter(([field]) => !fields[field]?.separate),
  )
  return { ...desired, attributes }
}
