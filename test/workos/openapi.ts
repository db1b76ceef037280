import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { isObject } from '../../src/json.ts'
import { loadOpenApiDocument, type Operation, type Schema } from './openapi-document.ts'
import { KNOWN_DIFFERENCES } from './openapi-known-differences.ts'

/** Problems of a request or response by the published OpenAPI document; empty if there are none. */
export interface OpenApiChecker {
  /** `path` as sent, with or without its query. */
  checkRequest(method: string, path: string, body: unknown): string[]
  checkResponse(method: string, path: string, status: number, body: unknown): string[]
}

interface Route {
  /** `POST /user_management/users`, with parameters in braces. */
  name: string
  pattern: RegExp
  parameters: number
  operation: Operation
}

/**
 * Checks against the document of `@workos/openapi-spec`, with the known differences. It is stricter
 * in one point: request bodies and successful responses cannot have members that no schema lists.
 */
export function createOpenApiChecker(): OpenApiChecker {
  const document = loadOpenApiDocument()
  for (const difference of KNOWN_DIFFERENCES) difference.patch?.(document)
  const ajv = new Ajv2020({ strict: false, validateSchema: false, logger: false, allErrors: true })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
  const routes = routesOf(document.paths)
  const compiled = new Map<string, ValidateFunction>()

  const validator = (name: string, schema: () => Schema) => {
    let validate = compiled.get(name)
    if (validate === undefined) {
      validate = ajv.compile({ ...schema(), components: document.components })
      compiled.set(name, validate)
    }
    return validate
  }

  return {
    checkRequest(method, path, body) {
      const route = findRoute(routes, method, path)
      if (route === undefined) return [`${method} ${path} is not documented`]
      const schema = route.operation.requestBody?.content['application/json']?.schema
      if (schema === undefined) return body === undefined ? [] : [`${route.name} takes no body`]
      if (body === undefined && !route.operation.requestBody?.required) return []
      const properties = extraProperties(route, 'requestProperties')
      const validate = validator(`${route.name} request`, () => closed(schema, properties))
      return validate(body) ? [] : describe(`${route.name} request`, validate.errors)
    },

    checkResponse(method, path, status, body) {
      const route = findRoute(routes, method, path)
      if (route === undefined) return [`${method} ${path} is not documented`]
      const name = `${route.name} ${status}`
      const schemas = differencesOf(route).flatMap((difference) => difference.answers?.[status] ?? [])
      const response = route.operation.responses[status]
      if (response !== undefined) {
        const documented = response.content?.['application/json']?.schema
        if (documented === undefined) return body === undefined ? [] : [`${name} has no body in the document`]
        schemas.push(status < 300 ? closed(documented, extraProperties(route, 'responseProperties')) : documented)
      }
      if (schemas.length === 0) return [`${name} is not documented`]
      const validate = validator(name, () => ({ anyOf: schemas }))
      return validate(body) ? [] : describe(name, validate.errors)
    },
  }
}

function closed(schema: Schema, properties: Record<string, Schema>): Schema {
  return { allOf: [schema], properties, unevaluatedProperties: false }
}

function differencesOf(route: Route) {
  return KNOWN_DIFFERENCES.filter(({ operations }) => operations.test(route.name))
}

function extraProperties(route: Route, side: 'requestProperties' | 'responseProperties'): Record<string, Schema> {
  return Object.assign({}, ...differencesOf(route).map((difference) => difference[side]))
}

function routesOf(paths: Record<string, Record<string, unknown>>): Route[] {
  const routes: Route[] = []
  for (const [path, members] of Object.entries(paths)) {
    const pattern = new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`)
    const parameters = path.split('{').length - 1
    for (const [method, operation] of Object.entries(members)) {
      if (!isOperation(operation)) continue
      routes.push({ name: `${method.toUpperCase()} ${path}`, pattern, parameters, operation })
    }
  }
  // A literal segment wins over a parameter: /users/external_id/x before /users/{id}/x.
  return routes.sort((a, b) => a.parameters - b.parameters)
}

function isOperation(value: unknown): value is Operation {
  return isObject(value) && isObject(value.responses)
}

function findRoute(routes: readonly Route[], method: string, path: string): Route | undefined {
  const pathname = path.split('?', 1)[0] ?? ''
  return routes.find((route) => route.name.startsWith(`${method} `) && route.pattern.test(pathname))
}

function describe(name: string, errors: ErrorObject[] | null | undefined): string[] {
  return (errors ?? []).map((error) => {
    const detail = Object.values(error.params).join(', ')
    return `${name}: ${error.instancePath || 'the body'} ${error.message} (${detail})`
  })
}
