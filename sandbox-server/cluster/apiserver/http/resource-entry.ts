/** One resource as discovery lists it, whoever declares it. */

export interface ResourceEntry {
  name: string
  singularName: string
  namespaced: boolean
  group: string
  version: string
  kind: string
  /** Group and version of the response where they differ from the list's (autoscaling/v1 Scale). */
  responseGroup?: string
  responseVersion?: string
  verbs: readonly string[]
  shortNames?: readonly string[]
  categories?: readonly string[]
  custom?: boolean
  unlisted?: boolean
}
