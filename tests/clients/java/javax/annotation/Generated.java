package javax.annotation;

/** Stands in for the annotation of that name, which generated code carries and Java 17 does not have. */
public @interface Generated {
  String[] value();

  String date() default "";

  String comments() default "";
}
