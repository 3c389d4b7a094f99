// Runs a declarative Jenkinsfile without Jenkins: a base class for the Jenkinsfile's script, which
// hands every word that is not its own to a build, as a section, a value or a step; the build
// records the steps.
// Order of a stage as in Jenkins: when (beforeOptions), options in their order, agent, when, steps,
// post. What Jenkins would not know is an error here, too.

import groovy.json.JsonOutput

abstract class Declarative extends Script {
    @Lazy private Build build = new Build(scenario: binding.getVariable('scenario') as Map)

    Object methodMissing(String name, Object arguments) {
        List<Object> given = arguments as List
        Closure body = given && given.last() instanceof Closure ? given.removeLast() as Closure : null
        build.word(name, given.size() > 1 ? given : given ? given.first() : null, body)
    }

    Object propertyMissing(String name) {
        build.property(name)
    }
}

/** One build. The scenario has its `params`, and `answers` to steps whose text contains `to`. */
class Build {
    static final Map<String, Set<String>> SECTIONS = [
        pipeline: ['agent', 'parameters', 'options', 'environment', 'stages', 'post'] as Set,
        stage   : ['agent', 'options', 'when', 'environment', 'steps', 'post'] as Set,
        when    : ['beforeOptions', 'expression'] as Set,
        agent   : ['label'] as Set,
        post    : ['always', 'aborted', 'failure', 'success', 'unsuccessful', 'cleanup'] as Set,
        options : ['disableConcurrentBuilds', 'buildDiscarder', 'timeout', 'lock'] as Set,
        stages  : ['stage'] as Set,
        parameters: ['choice', 'string', 'booleanParam'] as Set
    ]
    /** Options that stand around a stage or pipeline; the others are properties of the job. */
    static final Set<String> WRAPPERS = ['timeout', 'lock'] as Set
    /** The steps that are known, with the arguments that their plugins take; '' is a single one. */
    static final Map<String, Set<String>> STEPS = [
        sh              : ['', 'script', 'returnStatus', 'returnStdout', 'label'] as Set,
        echo            : [''] as Set,
        input           : ['message', 'id', 'ok', 'submitter', 'submitterParameter'] as Set,
        junit           : ['testResults', 'allowEmptyResults'] as Set,
        archiveArtifacts: ['artifacts', 'allowEmptyArchive', 'excludes', 'fingerprint'] as Set,
        timeout         : ['time', 'unit', 'activity'] as Set,
        lock            : ['resource', 'label', 'quantity'] as Set,
        dir             : [''] as Set,
        deleteDir       : [] as Set,
        script          : [] as Set,
        withCredentials : [''] as Set,
        withEnv         : [''] as Set
    ]
    /** Words that make a value for a step or an option, and do nothing by themselves. */
    static final Set<String> VALUES = ['file', 'logRotator'] as Set

    /** What a section says, in its order; null while steps run. */
    private List<Map> section
    private final List<Map> within = []
    private final Map<String, String> env = [:]
    Map scenario

    Object word(String name, Object value, Closure body) {
        if (name in VALUES) {
            return [kind: name] + (value as Map)
        }
        if (name == 'pipeline') {
            return runPipeline(body)
        }
        if (section == null) {
            return step(name, value, body)
        }
        section << [name: name, value: value, body: body]
    }

    Object property(String name) {
        switch (name) {
            case 'none': return 'none'
            case 'params': return scenario.params
            case 'env': return new Environment(known: env, bound: bound())
            default: throw new MissingPropertyException(name, Build)
        }
    }

    // Sections

    /** The entries of a section; refuses those that do not belong there, and doubled ones. */
    private List<Map> entries(String kind, Closure body) {
        List<Map> before = section
        section = []
        try {
            body.call()
            section*.name.each { String name ->
                assert name in SECTIONS[kind] : "${kind}: there is no ${name}"
            }
            assert kind in ['stages', 'parameters'] || section*.name.toUnique() == section*.name
            return section
        } finally {
            section = before
        }
    }

    private static Map entry(List<Map> entries, String name) {
        entries.find { it.name == name }
    }

    private void runPipeline(Closure body) {
        List<Map> parts = entries('pipeline', body)
        assert parts*.name.containsAll(['agent', 'stages']) : 'pipeline: agent and stages are required'
        declare('parameters', entry(parts, 'parameters'))
        String result = 'SUCCESS'
        around(parts) {
            entries('stages', entry(parts, 'stages').body as Closure).each { Map stage ->
                if (result == 'SUCCESS') {
                    result = runStage(stage)
                }
            }
            runPost(entry(parts, 'post'), result)
        }
        record('result', result)
    }

    private void declare(String kind, Map part) {
        if (part) {
            entries(kind, part.body as Closure).each { Map one -> record(one.name, one.value) }
        }
    }

    private String runStage(Map stage) {
        List<Map> parts = entries('stage', stage.body as Closure)
        List<Map> conditions = entry(parts, 'when') ? entries('when', entry(parts, 'when').body as Closure) : []
        boolean asksFirst = entry(conditions, 'beforeOptions')?.value
        String result = 'SUCCESS'
        inside('stage', stage.value) {
            if (!asksFirst || holds(conditions)) {
                around(parts) {
                    if (asksFirst || holds(conditions)) {
                        result = ending { entry(parts, 'steps').body.call() }
                        runPost(entry(parts, 'post'), result)
                    }
                }
            }
        }
        result
    }

    private static boolean holds(List<Map> conditions) {
        conditions.findAll { it.name == 'expression' }.every { it.body.call() }
    }

    /** Runs it inside the options of a pipeline or stage, in their order, and then its agent. */
    private void around(List<Map> parts, Closure work) {
        List<Map> options = entry(parts, 'options') ? entries('options', entry(parts, 'options').body as Closure) : []
        options.findAll { !(it.name in WRAPPERS) }.each { record(it.name, it.value) }
        Map agent = entry(parts, 'agent')
        List<Map> wrappers = options.findAll { it.name in WRAPPERS }
        if (agent && agent.value != 'none') {
            wrappers << [name: 'agent', value: entry(entries('agent', agent.body as Closure), 'label').value]
        }
        nested(wrappers, work)
    }

    private void nested(List<Map> wrappers, Closure work) {
        if (wrappers) {
            inside(wrappers.head().name as String, wrappers.head().value) { nested(wrappers.tail(), work) }
        } else {
            work.call()
        }
    }

    private static String ending(Closure work) {
        try {
            work.call()
            return 'SUCCESS'
        } catch (Ended ended) {
            return ended.message
        }
    }

    private void runPost(Map post, String result) {
        List<Map> parts = post ? entries('post', post.body as Closure) : []
        Set<String> due = ['always', 'cleanup', result.toLowerCase()] + (result == 'SUCCESS' ? [] : ['unsuccessful'])
        parts.findAll { it.name in due }.each { Map part -> inside('post', part.name) { part.body.call() } }
    }

    // Steps

    private Object step(String name, Object value, Closure body) {
        assert STEPS.containsKey(name) : "there is no step ${name}"
        Set<String> used = value instanceof Map ? (value as Map).keySet() : value == null ? [] as Set : ['']
        assert STEPS[name].containsAll(used) : "${name}: takes ${STEPS[name]}, not ${used}"
        if (body) {
            return inside(name, value, body)
        }
        record(name, value)
        answer(name, value)
    }

    /** What the scenario says of a step: a value, or how the build ends here. */
    private Object answer(String name, Object value) {
        String text = "${name} ${value}"
        Map said = scenario.answers.find { Map one -> text.contains(one.to as String) } ?: [:]
        if (said.ends) {
            throw new Ended(said.ends as String)
        }
        said.value
    }

    private Object inside(String name, Object value, Closure body) {
        record(name, value)
        within << [name: name, value: value]
        try {
            return body.call()
        } finally {
            within.removeLast()
        }
    }

    private void record(Object name, Object value) {
        assert !hasGString(value) : "${name}: Groovy put something into ${value}"
        Map event = [build: scenario.name, step: name, value: value, within: within]
        println(JsonOutput.toJson(event + [environment: name == 'sh' ? environment() : [:]]))
    }

    private static boolean hasGString(Object value) {
        switch (value) {
            case GString: return true
            case Map: return (value as Map).values().any { hasGString(it) }
            case Collection: return (value as Collection).any { hasGString(it) }
            default: return false
        }
    }

    /** The variables that a shell here would see: parameters, the build's, those of the blocks around it. */
    private Map<String, String> environment() {
        (scenario.params as Map).collectEntries { name, value -> [name, value as String] } + env + bound()
    }

    private Map<String, String> bound() {
        within.collectEntries { Map block ->
            switch (block.name) {
                case 'withCredentials':
                    return block.value.collectEntries { [it.variable, "{${it.credentialsId}}" as String] }
                case 'withEnv':
                    return block.value.collectEntries { (it as String).split('=', 2) as List }
                default:
                    return [:]
            }
        }
    }

    /** A step that ended the build: FAILURE or ABORTED. */
    static class Ended extends RuntimeException {
        Ended(String result) {
            super(result)
        }
    }
}

/** `env` of a Jenkinsfile: what it sets is text, and what is not set is null. */
class Environment {
    Map<String, String> known
    Map<String, String> bound

    Object propertyMissing(String name) {
        bound[name] ?: known[name]
    }

    void propertyMissing(String name, Object value) {
        known[name] = value as String
    }
}
