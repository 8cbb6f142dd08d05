# Sourced by the commands beside it: finds the JDK, sets here and JAVA_HOME, and defines build_bench
# MODULES, which builds them and sets BENCH_CLASS_PATH.
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
# shellcheck source=../build-support/find-jdk.sh
. "$here/build-support/find-jdk.sh"
find_jdk 25 jdk || no_jdk 25
build_bench() {
  output=$("$here/mvnw" -q -B -Dstyle.color=never -f "$here/pom.xml" -Dquick -DskipTests \
    -pl "$1" -am package 2>&1) || {
    printf '%s\n' "$output" >&2
    exit 70
  }
  BENCH_CLASS_PATH=$here/bench/target/classes:$(cat "$here/bench/target/class-path")
  export BENCH_CLASS_PATH JAVA_HOME SLUICE_NO_BUILD=1
}
