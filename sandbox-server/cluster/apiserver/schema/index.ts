/**
 * Custom resources and their schemas: the door of this folder.
 *
 * A write of a custom resource goes: `unknownFields` (or `pruneUnknownFields`) → `dropNulls` → `applyDefaults` →
 * mutating admission → `validateCustomResource` (after `await loadCel()`) → validating admission.
 */
export { evaluateRules, hasRules, isCelLoaded, loadCel } from './cel.ts'
export { validateCustomResource } from './custom-resource.ts'
export { type FieldError, type FieldErrorReason, invalidMessage } from './field-error.ts'
export type { JsonSchema, ValidationRule } from './json-schema.ts'
export { validateListTypes } from './list-types.ts'
export { applyDefaults, dropNulls, pruneContent, pruneUnknownFields, unknownFields } from './prune.ts'
export { validateAgainstSchema } from './validate.ts'
