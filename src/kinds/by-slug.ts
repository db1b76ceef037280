import type { JsonObject } from '../json.ts'
import type { Attributes, LiveResource } from '../resource.ts'
import type { Api } from '../workos/api.ts'
import { requiredText } from './body.ts'

/** What is read of a kind that the environment knows by slug, which is WorkOS's id here: roles and permissions. */
export interface BySlug {
  pathOf(slug: string): string
  /** Undefined: there is none. */
  get(api: Api, slug: string): Promise<LiveResource | undefined>
  parse(body: JsonObject): LiveResource
}

/** @param attributesOf the fields that an answer tells */
export function bySlug(path: string, attributesOf: (body: JsonObject) => Attributes): BySlug {
  const pathOf = (slug: string) => `${path}/${encodeURIComponent(slug)}`
  const parse = (body: JsonObject): LiveResource => {
    const slug = requiredText(body, 'slug')
    return { id: slug, externalId: null, naturalKey: slug, attributes: attributesOf(body) }
  }
  const get = async (api: Api, slug: string) => {
    const body = await api.read(pathOf(slug))
    return body === undefined ? undefined : parse(body)
  }
  return { pathOf, get, parse }
}
