/** Table columns and cells that most kinds share. */
import type { TableColumn } from './kind.ts'

export const NAME_COLUMN: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
}

export const AGE_COLUMN: TableColumn = {
  name: 'Age',
  type: 'string',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
}

export const CREATED_AT_COLUMN: TableColumn = { ...AGE_COLUMN, name: 'Created At', type: 'date' }

/** A column that always shows. */
export const column = (name: string, type: TableColumn['type'], description: string): TableColumn => ({
  name,
  type,
  description,
})

/** A text column of `-o wide`. */
export const wide = (name: string, description: string): TableColumn => ({
  name,
  type: 'string',
  description,
  priority: 1,
})
