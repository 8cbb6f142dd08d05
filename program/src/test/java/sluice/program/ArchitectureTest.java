package sluice.program;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The boundaries of the design, checked on the compiled classes of core, linux and server.
class ArchitectureTest {
  private static JavaClasses classes;

  private static final DescribedPredicate<JavaClass> BACKEND =
      resideInAPackage("sluice.internal.nio..").or(resideInAPackage("sluice.linux.."));

  private static final DescribedPredicate<JavaClass> REAL_HOST =
      describe("the real host", c -> c.getName().startsWith("sluice.internal.loop.SystemHost"));

  @BeforeAll
  static void load() {
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(
                "sluice", "sluice.spi", "sluice.internal", "sluice.linux", "sluice.server")
            .that(
                describe(
                    "belong to the library", c -> !c.getPackageName().equals("sluice.program")));
    assertThat(classes.size()).isGreaterThan(60);
  }

  @Test
  void theHostIsTheOnlySourceOfTime() {
    noClasses()
        .that(DescribedPredicate.not(REAL_HOST))
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .check(classes);
  }

  @Test
  void theHostIsTheOnlySourceOfThreadsOutsideTheBackends() {
    noClasses()
        .that(DescribedPredicate.not(REAL_HOST).and(DescribedPredicate.not(BACKEND)))
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.concurrent.Executors")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.Thread$Builder")
        .orShould()
        .callConstructor(Thread.class)
        .orShould()
        .callConstructor(Thread.class, Runnable.class)
        .check(classes);
  }

  @Test
  void theHostIsTheOnlySourceOfRandomness() {
    noClasses()
        .that(DescribedPredicate.not(REAL_HOST))
        .should()
        .dependOnClassesThat(assignableTo(RandomGenerator.class))
        .check(classes);
  }

  @Test
  void channelsAreForBackendsOnly() {
    noClasses()
        .that(DescribedPredicate.not(BACKEND))
        .should()
        .dependOnClassesThat(
            resideInAPackage("java.nio.channels..")
                .and(DescribedPredicate.not(assignableTo(Exception.class))))
        .check(classes);
  }

  @Test
  void nativeMemoryAndCallsAreForLinuxOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("sluice.linux..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .check(classes);
  }

  @Test
  void onlyLibcCallsC() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("sluice.linux.libc.Downcalls")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.Linker")
        .check(classes);
  }

  @Test
  void layoutsAreInTheAbiOnly() {
    noClasses()
        .that()
        .resideInAPackage("sluice.linux..")
        .and()
        .resideOutsideOfPackage("sluice.linux.abi..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.MemoryLayout$PathElement")
        .check(classes);
  }

  @Test
  void coreKnowsNoBackendAndNoServer() {
    noClasses()
        .that()
        .resideInAnyPackage("sluice", "sluice.spi..", "sluice.internal..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("sluice.linux..", "sluice.server..")
        .check(classes);
  }

  @Test
  void theLinuxModuleExportsItsDriverToTheSimulationOnly() {
    ModuleDescriptor linux =
        ModuleFinder.of(Path.of(System.getProperty("sluice.root"), "linux/target/classes"))
            .find("sluice.linux")
            .orElseThrow()
            .descriptor();
    assertThat(linux.exports())
        .extracting(Object::toString)
        .containsExactly("sluice.linux.uring to [sluice.testkit]");
    assertThat(linux.opens()).isEmpty();
    assertThat(linux.provides()).hasSize(1);
  }
}
