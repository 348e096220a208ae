/** Resources that can only be created and are never stored: reviews, bindings. */
import type { ResourceEntry } from './resource-entry.ts'

const review = (group: string, name: string, kind: string, namespaced = false): ResourceEntry => ({
  group,
  version: 'v1',
  name,
  singularName: kind.toLowerCase(),
  namespaced,
  kind,
  verbs: ['create'],
})

export const REVIEW_RESOURCES: readonly ResourceEntry[] = [
  review('', 'bindings', 'Binding', true),
  review('authentication.k8s.io', 'selfsubjectreviews', 'SelfSubjectReview'),
  review('authentication.k8s.io', 'tokenreviews', 'TokenReview'),
  review('authorization.k8s.io', 'localsubjectaccessreviews', 'LocalSubjectAccessReview', true),
  review('authorization.k8s.io', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
  review('authorization.k8s.io', 'selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
  review('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview'),
]
