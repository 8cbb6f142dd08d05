# Sourced by ./mvnw and ./sluice: find_jdk MIN jdk|jre exports JAVA_HOME, or returns 1.
# shellcheck shell=sh

# Prints the feature release of the Java home $1. It reads the release file, so it starts no JVM.
_feature() {
  [ -x "$1/bin/java" ] || return 1
  _v=$(sed -n 's/^JAVA_VERSION="*\(1\.\)*\([0-9][0-9]*\).*/\2/p' "$1/release" 2>/dev/null || :)
  [ -n "$_v" ] || _v=$("$1/bin/java" -XshowSettings:properties -version 2>&1 |
    sed -n 's/^ *java\.specification\.version = \(1\.\)*\([0-9]*\)$/\2/p')
  [ -n "$_v" ] && printf '%s\n' "$_v"
}

# _usable HOME MIN KIND leaves the release in _f.
_usable() {
  _f=$(_feature "$1") && [ "$_f" -ge "$2" ] && { [ "$3" = jre ] || [ -x "$1/bin/javac" ]; }
}

# Keeps the lowest usable release among the Java homes below the folder $1.
_search() {
  for _h in "$1"/* "$1"/*/Contents/Home; do
    if [ -d "$_h" ] && _usable "$_h" "$_min" "$_kind" && [ "$_f" -lt "$_bestv" ]; then
      _best=$_h _bestv=$_f
    fi
  done
}

find_jdk() {
  _min=$1 _kind=${2:-jdk}
  _p=$(command -v java 2>/dev/null || :)
  [ -z "$_p" ] || _p=$(readlink -f "$_p" 2>/dev/null || printf '%s' "$_p")
  _p=${_p%/bin/java}
  for _h in "${SLUICE_JAVA_HOME-}" "${JAVA_HOME-}" "$_p"; do # what the user chose comes first
    if [ -n "$_h" ] && _usable "$_h" "$_min" "$_kind"; then
      JAVA_HOME=$_h
      export JAVA_HOME
      return 0
    fi
  done
  _best='' _bestv=9999
  [ -z "$_p" ] || _search "${_p%/*}" # the siblings of the default java
  for _d in usr/lib/jvm usr/lib64/jvm usr/java opt/java Library/Java/JavaVirtualMachines; do
    _search "/$_d"
  done
  for _d in .sdkman/candidates/java .jdks .gradle/jdks .local/share/mise/installs/java \
    .asdf/installs/java Library/Java/JavaVirtualMachines; do
    [ -z "${HOME-}" ] || _search "$HOME/$_d"
  done
  [ -n "$_best" ] || return 1
  JAVA_HOME=$_best
  export JAVA_HOME
}

no_jdk() {
  echo "sluice: no JDK $1 or newer found in SLUICE_JAVA_HOME, JAVA_HOME, PATH or the usual folders;" \
    "install one (for example: sdk install java 25-tem) or set SLUICE_JAVA_HOME" >&2
  exit 78
}
