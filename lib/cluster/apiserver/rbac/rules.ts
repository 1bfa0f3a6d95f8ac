import type { Attributes, PolicyRule } from '../authorization';

/** Whether one rule allows what is asked (`rbac.RuleAllows`). */
export function ruleAllows(asked: Attributes, rule: PolicyRule): boolean {
  if (!includes(rule.verbs, asked.verb)) return false;
  if (!asked.isResource) return (rule.nonResourceURLs ?? []).some((url) => matchesUrl(url, asked.path));
  return (
    rule.apiGroups !== undefined &&
    includes(rule.apiGroups, asked.group) &&
    matchesResource(rule.resources ?? [], asked.resource, asked.subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(asked.name))
  );
}

function includes(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

/** A rule names `pods/log`; `*` stands for all, and a star before the slash for that subresource of any resource. */
function matchesResource(listed: readonly string[], resource: string, subresource: string): boolean {
  const whole = subresource ? `${resource}/${subresource}` : resource;
  return listed.some((one) => one === '*' || one === whole || (subresource !== '' && one === `*/${subresource}`));
}

export function matchesUrl(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));
}
