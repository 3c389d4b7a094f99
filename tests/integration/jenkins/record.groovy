// record.groovy SCENARIOS: prints a line of JSON for each step of each scenario's build.
// SCENARIOS is JSON: names of builds, and for each its `jenkinsfile`, `params` and `answers`.

import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilationFailedException
import org.codehaus.groovy.control.CompilerConfiguration

File here = new File(getClass().protectionDomain.codeSource.location.toURI()).parentFile
GroovyClassLoader loader = new GroovyClassLoader(getClass().classLoader)
loader.parseClass(new File(here, 'Declarative.groovy'))
CompilerConfiguration settings = new CompilerConfiguration(scriptBaseClass: 'Declarative')

new JsonSlurper().parseText(args[0]).each { String name, Map scenario ->
    Binding binding = new Binding(scenario: scenario + [name: name])
    try {
        new GroovyShell(loader, binding, settings).evaluate(new File(scenario.jenkinsfile))
    } catch (AssertionError | CompilationFailedException | MissingPropertyException error) {
        println(JsonOutput.toJson([build: name, step: 'error', value: error.message]))
    }
}
