/** What this oc does not do, and what does. */

const INSTEAD: Readonly<Record<string, string>> = {
  logout: 'the sandbox ends by itself when you leave it',
  'new-app': 'run an image with: oc create deployment NAME --image=IMAGE',
  'new-build': 'nothing is built; images are those of the lessons',
  'start-build': 'nothing is built; images are those of the lessons',
  process: 'there are no templates; apply YAML with: oc apply -f FILE',
  tag: 'there are no image streams',
  'import-image': 'there are no image streams',
  rsync: 'copy files with: oc cp',
  policy: 'security context constraints are granted with: oc adm policy add-scc-to-group SCC GROUP',
}

const HAS =
  "kubectl's words, project, projects, new-project, whoami, login, status, expose, create route, rsh and adm policy add-scc-to-group"

/** One line for the user. */
export const refuse = (word: string): Error =>
  new Error(
    `this oc has no "${word}": it has ${HAS}. ${Object.hasOwn(INSTEAD, word) ? `Here ${INSTEAD[word]}.` : 'For the rest use the oc of an OpenShift cluster.'}`,
  )

export const USAGE = `OpenShift's words over kubectl, as far as the lessons use them.

  project [NAME]       show the project (namespace) you are in, or switch to another
  projects             list projects
  new-project NAME     create a project and switch to it
  status               what runs in the project
  whoami               who you are
  login                who you are logged in as, and where
  expose svc/NAME      give a service a route: [--hostname=HOST] [--path=PATH] [--port=PORT] [--name=NAME]
  create route edge|passthrough|reencrypt [NAME] --service=SERVICE [--hostname=HOST] [--port=PORT]
  rsh POD              a shell in a pod
  adm policy add-scc-to-group SCC GROUP, add-scc-to-user SCC USER, remove-scc-from-group, remove-scc-from-user

All other commands are kubectl's: get, describe, create, apply, delete, logs, exec, label, annotate, rollout, scale, …
`
